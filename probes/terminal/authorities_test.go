package terminal_test

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/terminal"
)

// authority makes a root certificate in PEM; its serial number tells it from others.
func authority(t *testing.T) string {
	t.Helper()
	ca, _, _, err := probetest.Certificate("host.example")
	require.NoError(t, err)
	return string(ca)
}

func der(t *testing.T, text string) string {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	require.NotNil(t, block)
	return string(block.Bytes)
}

func TestAuthorities(t *testing.T) {
	a, b, c := authority(t), authority(t), authority(t)
	const apex, system = "apex/com.android.conscrypt/cacerts/", "system/etc/security/cacerts/"
	const added, removed = "data/misc/user/0/cacerts-added/", "data/misc/user/0/cacerts-removed/"
	many := map[string]string{}
	for i := range 600 {
		many[fmt.Sprintf("%s%08x.0", system, i)] = a
	}
	for _, row := range []struct {
		name   string
		files  map[string]string
		want   []string
		reason probes.Reason
	}{
		{"none: a plain Linux", nil, nil, probes.Absent},
		{"up to Android 13", map[string]string{system + "0a.0": a, system + "0b.0": b}, []string{a, b}, ""},
		{"from Android 14 on", map[string]string{system + "0a.0": a, apex + "0b.0": b}, []string{b}, ""},
		{"words above the certificate", map[string]string{system + "0a.0": "Certificate:\n    Data:\n        Version: 3 (0x2)\n" + a}, []string{a}, ""},
		{"words below it", map[string]string{system + "0a.0": a + "Certificate:\n    Data:\n"}, []string{a}, ""},
		{"one that the owner added", map[string]string{system + "0a.0": a, added + "0b.0": der(t, b)}, []string{a, b}, ""},
		{"one that was switched off", map[string]string{system + "0a.0": a, system + "0b.0": b, removed + "0b.0": der(t, b)}, []string{a}, ""},
		{"one that was switched off and added again", map[string]string{system + "0a.0": a, system + "0b.0": b, removed + "0b.0": b, added + "0b.0": b}, []string{a, b}, ""},
		{"a file that is none", map[string]string{system + "0a.0": a, system + "0b.0": "nonsense", system + "0c.0": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}, []string{a}, ""},
		{"two in a file", map[string]string{system + "0a.0": a + b, system + "0c.0": c}, []string{a, b, c}, ""},
		{"a key among them", map[string]string{system + "0a.0": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" + a}, []string{a}, ""},
		{"only files that are none", map[string]string{system + "0a.0": "nonsense"}, nil, probes.Malformed},
		{"a file without end", map[string]string{system + "0a.0": a, system + "0b.0": strings.Repeat("x", 40_000) + b}, []string{a}, ""},
		{"files without end", many, nil, "many"},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			for path, content := range row.files {
				put(t, root, path, content, 0o600)
			}
			var got []string
			err := terminal.Open(root).Authorities(func(cert *x509.Certificate) {
				got = append(got, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})))
			})
			if row.reason == "many" {
				require.NoError(t, err)
				assert.Len(t, got, 512)
				return
			}
			assert.Equal(t, row.reason, terminal.ReasonOf(err), "%v", err)
			assert.Equal(t, row.want, got)
		})
	}
}
