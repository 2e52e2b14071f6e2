package status_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/transport/wire"
)

func TestTextsSpeakBothLanguagesAndLeaveTheSharedSnapshotAlone(t *testing.T) {
	shared := wire.Snapshot{Findings: []wire.Finding{{Code: "link-down"}, {Code: "of-a-newer-release"}}}
	entry := findings.Lookup(findings.LinkDown)

	zh := status.Texts(shared, "zh")
	assert.Equal(t, entry.Title.ZH, zh.Findings[0].Title)
	assert.Equal(t, &wire.Advice{Merchant: entry.Merchant.ZH, Technician: entry.Technician.ZH}, zh.Findings[0].Advice)

	en := status.Texts(shared, "en")
	assert.Equal(t, entry.Title.EN, en.Findings[0].Title)
	assert.Equal(t, entry.Title.ZH, zh.Findings[0].Title, "one reader's language is not another's")

	assert.Equal(t, "of-a-newer-release", en.Findings[1].Title)
	assert.Nil(t, en.Findings[1].Advice)

	assert.Empty(t, shared.Findings[0].Title)
	assert.Nil(t, shared.Findings[0].Advice)
}

func TestTextsPromiseLists(t *testing.T) {
	got := status.Texts(wire.Snapshot{}, "en")
	assert.NotNil(t, got.Findings)
	assert.NotNil(t, got.Results)
}

func TestTextsNameTheHotlineWhereAnAdviceSaysToCall(t *testing.T) {
	for _, row := range []struct {
		name, lang, code, merchant string
	}{
		{"an English call", "en", "payment-app-missing", "Call the technician. Hotline: 95016."},
		{"a Chinese call", "zh", "payment-app-missing", "请联系技术人员。热线 95016。"},
		{"nobody to call", "en", "payment-app-stopped", "Open the payment app."},
		{"nobody to call, in Chinese", "zh", "payment-app-stopped", "请打开支付应用。"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := wire.Snapshot{Terminal: wire.Terminal{Support: "95016"}, Findings: []wire.Finding{{Code: row.code}}}
			got := status.Texts(s, row.lang).Findings[0].Advice
			require.NotNil(t, got)
			assert.Equal(t, row.merchant, got.Merchant)

			s.Terminal.Support = ""
			got = status.Texts(s, row.lang).Findings[0].Advice
			assert.NotContains(t, got.Merchant, "95016")
		})
	}
}

func TestTheCatalogueHasNoAdviceThatRepeatsTheHotline(t *testing.T) {
	s := wire.Snapshot{Terminal: wire.Terminal{Support: "95016"}}
	for f := range findings.All() {
		s.Findings = append(s.Findings, wire.Finding{Code: string(f.Code)})
	}
	for _, lang := range []string{"zh", "en"} {
		for _, f := range status.Texts(s, lang).Findings {
			assert.NotEqual(t, f.Code, f.Title)
			assert.LessOrEqual(t, strings.Count(f.Advice.Merchant, "95016"), 1)
		}
	}
}
