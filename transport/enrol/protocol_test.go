package enrol_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport/enrol"
)

func TestParseToken(t *testing.T) {
	for content, want := range map[string]string{
		"mfrggzdfmztwq2lknnwg23tpoa":                           "mfrggzdfmztwq2lknnwg23tpoa",
		"\ufeff# for the shop\r\n\r\n  abcdefghijklmnop  \r\n": "abcdefghijklmnop",
		"abcdefghijklmnop\nthe rest is not read":               "abcdefghijklmnop",
	} {
		got, err := enrol.ParseToken([]byte(content))
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	for _, bad := range []string{"", "\n\n", "# only words", "short", "not a token of ours", strings.Repeat("a", 129), "abcdefghijklmnop\x00"} {
		_, err := enrol.ParseToken([]byte(bad))
		require.Error(t, err, bad)
		if len(bad) > 4 {
			assert.NotContains(t, err.Error(), bad, "a token is not shown")
		}
	}
}

func TestDecodeGrantRefuses(t *testing.T) {
	good := enrol.Grant{Schema: 1, Chain: "x", Tenant: "demo", Terminal: "T1"}
	for name, change := range map[string]func(*enrol.Grant){
		"schema":      func(g *enrol.Grant) { g.Schema = 2 },
		"terminal":    func(g *enrol.Grant) { g.Terminal = "a/b" },
		"tenant":      func(g *enrol.Grant) { g.Tenant = "" },
		"profile":     func(g *enrol.Grant) { g.Profile = strings.Repeat("p", 37) },
		"broker":      func(g *enrol.Grant) { g.Broker = "tls://a\nb" },
		"no chain":    func(g *enrol.Grant) { g.Chain = "" },
		"long chain":  func(g *enrol.Grant) { g.Chain = strings.Repeat("c", 40<<10) },
		"long config": func(g *enrol.Grant) { g.Config = strings.Repeat("c", enrol.MaxConfig+1) },
		"NUL":         func(g *enrol.Grant) { g.Config = "a\x00" },
		"renew_after": func(g *enrol.Grant) { g.RenewAfter = "tomorrow" },
	} {
		g := good
		change(&g)
		body, err := json.Marshal(g)
		require.NoError(t, err)
		_, err = enrol.DecodeGrant(body)
		assert.Error(t, err, name)
	}
	body, err := json.Marshal(good)
	require.NoError(t, err)
	got, err := enrol.DecodeGrant(body)
	require.NoError(t, err)
	assert.Equal(t, good, got)
	_, err = enrol.DecodeGrant(make([]byte, 1<<20))
	assert.ErrorContains(t, err, "longer than")
}

// FuzzAnswers: whatever a server sends, nothing panics, and what passes is within the bounds and can be sent again.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{"schema":1,"chain":"-----BEGIN CERTIFICATE-----","tenant":"demo","terminal":"T1","renew_after":"2026-12-01T00:00:00Z"}`))
	f.Add([]byte(`{"error":"try-later","detail":"a\nb","retry_after":99999999999}`))
	f.Add([]byte(`{"error":"used","retry_after":-1}`))
	f.Add([]byte("<html>502</html>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if g, err := enrol.DecodeGrant(body); err == nil {
			assert.True(t, enrol.IsName(g.Terminal) && enrol.IsName(g.Tenant))
			assert.LessOrEqual(t, len(g.Config), enrol.MaxConfig)
			again, err := json.Marshal(g)
			require.NoError(t, err)
			same, err := enrol.DecodeGrant(again)
			if len(again) <= enrol.MaxAnswer {
				require.NoError(t, err)
				assert.Equal(t, g, same)
			}
		}
		if r, ok := enrol.DecodeRefusal(body); ok {
			assert.NotContains(t, r.Error(), "\n")
			assert.LessOrEqual(t, len(r.Detail), 256)
			assert.GreaterOrEqual(t, r.Later().Hours(), 0.0)
			assert.LessOrEqual(t, r.Later().Hours(), 24.0)
		}
		_, _ = enrol.ParseToken(body)
		_, _ = enrol.ParseRequest(string(body))
	})
}
