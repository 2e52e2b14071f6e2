package host_test

import (
	"crypto/x509"
	"net/http"
	"sync"
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

// TestShownWhileItLooks: both stages may look at the same time.
func TestShownWhileItLooks(t *testing.T) {
	s := web(t, func(http.ResponseWriter, *http.Request) {})
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	o := host.Options{Name: "a", Address: at(s), ServerName: "example.com", PlatformRoots: func() (*x509.CertPool, error) { return pool, nil }}
	stage, err := host.NewTLS(o)
	require.NoError(t, err)
	p, err := host.NewHTTPS(o)
	require.NoError(t, err)
	p.Show(stage)
	var both sync.WaitGroup
	for _, one := range []probes.Probe{stage, p} {
		both.Go(func() {
			for range 3 {
				assert.Equal(t, probes.Pass, one.Observe(t.Context()).Outcome)
			}
		})
	}
	both.Wait()
	shown, ok := p.Chain()
	require.True(t, ok)
	assert.Equal(t, 1.0, reading(t, shown, "verified"))
}
