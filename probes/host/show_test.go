package host_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/host"
)

// TestChainOfAnAnswer: what the https stage shows is what the tls stage sees by itself, but for the times; a bad chain as well.
func TestChainOfAnAnswer(t *testing.T) {
	now := time.Now()
	s := web(t, func(http.ResponseWriter, *http.Request) {})
	for _, row := range []struct {
		name string
		want probes.Outcome
		at   time.Time
	}{{"good", probes.Pass, now}, {"past its end", probes.Fail, now.AddDate(200, 0, 0)}} {
		t.Run(row.name, func(t *testing.T) {
			o := host.Options{Name: "a", Address: at(s), ServerName: "example.com", Now: func() time.Time { return row.at }}
			stage, err := host.NewTLS(o)
			require.NoError(t, err)
			p, err := host.NewHTTPS(o)
			require.NoError(t, err)
			look(t, p)
			_, ok := p.Chain()
			assert.False(t, ok, "nobody is to be shown anything")
			p.Show(stage)
			require.Equal(t, probes.Pass, look(t, p).Outcome)
			shown, ok := p.Chain()
			require.True(t, ok)
			own := look(t, stage)
			assert.Equal(t, row.want, own.Outcome)
			assert.Equal(t, own.Outcome, shown.Outcome)
			assert.Equal(t, own.Reason, shown.Reason)
			assert.Equal(t, own.Detail, shown.Detail)
			assert.Equal(t, own.Facts, shown.Facts)
			names := func(o probes.Observation) (all []string) {
				for _, r := range o.Readings {
					all = append(all, r.Name)
				}
				return all
			}
			assert.Equal(t, names(own), names(shown))

			s := web(t, func(http.ResponseWriter, *http.Request) {})
			s.Close()
			o.Address = at(s)
			gone, err := host.NewHTTPS(o)
			require.NoError(t, err)
			gone.Show(stage)
			look(t, gone)
			_, ok = gone.Chain()
			assert.False(t, ok, "no handshake, no chain")
		})
	}
}
