package clock_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/clock"
	"github.com/poshealth/poshealth/probes/dial"
	"github.com/poshealth/poshealth/probes/probetest"
)

// dated is an HTTPS server whose clock is off, and who vouches for it.
type dated struct {
	url   string
	roots *x509.CertPool
}

// dates starts one. answer writes the answer; nil: an empty one with the date.
func dates(t *testing.T, ahead time.Duration, answer http.HandlerFunc) dated {
	t.Helper()
	ca, chain, key, err := probetest.Certificate("localhost")
	require.NoError(t, err)
	pair, err := tls.X509KeyPair(chain, key)
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := &http.Server{
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12},
		ReadHeaderTimeout: plenty,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(dial.DateFormat))
			if answer != nil {
				answer(w, r)
			}
		}),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.ServeTLS(listener, "", "")
	}()
	t.Cleanup(func() {
		assert.NoError(t, server.Close())
		<-done
	})
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	d := dated{url: "https://localhost:" + port + "/time", roots: x509.NewCertPool()}
	require.True(t, d.roots.AppendCertsFromPEM(ca))
	return d
}

// vouches judges chains by the authorities of all servers given.
func vouches(servers ...dated) func([]*x509.Certificate, string, time.Time) error {
	return func(chain []*x509.Certificate, name string, at time.Time) error {
		err, between := errors.New("nobody is trusted"), x509.NewCertPool()
		for _, c := range chain[1:] {
			between.AddCert(c)
		}
		for _, s := range servers {
			if _, err = chain[0].Verify(x509.VerifyOptions{DNSName: name, Roots: s.roots, Intermediates: between, CurrentTime: at}); err == nil {
				return nil
			}
		}
		return err
	}
}

// A date of whole seconds tells the time to a fifth of a second, and who wrote it vouches for it.
func TestDates(t *testing.T) {
	for _, ahead := range []time.Duration{0, 300 * time.Millisecond, -700 * time.Millisecond, 61 * time.Second, -301 * time.Second} {
		t.Run(ahead.String(), func(t *testing.T) {
			s := dates(t, ahead, nil)
			o := look(t, probe(t, clock.Options{HTTPS: []string{s.url}, Verify: vouches(s)}), plenty)
			require.Equal(t, probes.Pass, o.Outcome, o.Detail)
			assert.InDelta(t, float64(-ahead.Milliseconds()), reading(t, o, "offset"), reading(t, o, "error"), "the truth lies within the stated error")
			assert.LessOrEqual(t, reading(t, o, "error"), 250.0)
			assert.Equal(t, "answered", o.Fact("state_1"))
			proved := map[bool]float64{true: 1, false: 0}[ahead.Abs() < time.Minute]
			assert.Equal(t, proved, reading(t, o, "proved"), "it has shown who it is, and the terminal's own clock says the same or does not")
		})
	}
}

// Who cannot show who it is counts all the same, and proves nothing; a certificate that has ended by the date that comes with it
// shows nothing.
func TestDatesThatNobodyVouchesFor(t *testing.T) {
	keeper := func() *clock.Keeper {
		return clock.NewKeeper(clock.KeeperOptions{Now: func() time.Time { return time.Now().Add(time.Hour) }}) // no witness either
	}
	s := dates(t, 0, nil)
	o := look(t, probe(t, clock.Options{HTTPS: []string{s.url}, Verify: vouches(), Keeper: keeper()}), plenty)
	assert.Equal(t, "answered, not vouched for", o.Fact("state_1"))
	assert.Equal(t, probes.Pass, o.Outcome)
	assert.Equal(t, 0.0, reading(t, o, "proved"))

	late := dates(t, 50*365*24*time.Hour, nil)
	o = look(t, probe(t, clock.Options{HTTPS: []string{late.url}, Verify: vouches(late), Keeper: keeper()}), plenty)
	assert.Equal(t, "answered, not vouched for", o.Fact("state_1"))
}

func TestPagesThatAreNoUse(t *testing.T) {
	for name, row := range map[string]struct {
		answer http.HandlerFunc
		state  string
		ok     bool
	}{
		"it does not know HEAD":   {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusMethodNotAllowed) }, "answered", true},
		"it is broken":            {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, "answered", true},
		"it hangs up each time":   {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") }, "answered", true},
		"it tells no date":        {func(w http.ResponseWriter, _ *http.Request) { w.Header()["Date"] = nil }, "malformed", false},
		"it tells another's date": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Date", "yesterday") }, "malformed", false},
		"of a thousand years on":  {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Date", "Mon, 02 Jan 3006 15:04:05 GMT") }, "malformed", false},
		"it answers from a store": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Age", "12") }, "malformed", false},
		"it talks without end":    {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 20<<10)) }, "malformed", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := dates(t, 0, row.answer)
			o := look(t, probe(t, clock.Options{HTTPS: []string{s.url}, Verify: vouches(s)}), plenty)
			assert.Equal(t, row.state, o.Fact("state_1"))
			assert.Equal(t, row.ok, o.Outcome == probes.Pass)
		})
	}
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := plain.Addr().String()
	go func() {
		for {
			c, err := plain.Accept()
			if err != nil {
				return
			}
			_, _ = fmt.Fprint(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
			_ = c.Close()
		}
	}()
	o := look(t, probe(t, clock.Options{HTTPS: []string{"https://" + addr}}), plenty)
	assert.Equal(t, "no-handshake", o.Fact("state_1"))
	require.NoError(t, plain.Close())
	o = look(t, probe(t, clock.Options{HTTPS: []string{"https://" + addr}}), plenty)
	assert.Equal(t, "refused", o.Fact("state_1"))
	assert.Equal(t, clock.NoSource, o.Reason)

	mute, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, mute.Close()) })
	o = look(t, probe(t, clock.Options{HTTPS: []string{"https://" + mute.Addr().String()}}), brief)
	assert.Equal(t, "timeout", o.Fact("state_1"))

	for _, bad := range []string{"http://a.example", "https://", "https://u:p@a.example", "a.example"} {
		_, err := clock.New(clock.Options{HTTPS: []string{bad}})
		assert.Error(t, err, bad)
	}
}

// Servers that are led astray together are caught by a page that vouches for itself, and where they agree it is not asked again.
func TestPagesHoldServersToTheTruth(t *testing.T) {
	s, liar := dates(t, 0, nil), timeServer(t, time.Hour)
	name := func(context.Context, string, string) (net.Conn, error) { return net.Dial("udp", liar.Addr()) }
	direct := net.Dialer{}
	p := probe(t, clock.Options{NTP: []string{"192.0.2.1", "192.0.2.2", "192.0.2.3"}, HTTPS: []string{s.url}, Verify: vouches(s), Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		if network == "udp" {
			return name(ctx, network, address)
		}
		return direct.DialContext(ctx, network, address)
	}})
	liar.SetUpstream(0x0a892656) // one server answers in the place of three
	o := look(t, p, plenty)
	assert.Equal(t, clock.Disagree, o.Reason, o.Detail)
	_, told := o.Reading("offset")
	assert.False(t, told)
	liar.SetOffset(0)
	o = look(t, p, plenty)
	assert.Equal(t, probes.Pass, o.Outcome, o.Detail)
	assert.Contains(t, o.Detail, "4 of 4 answering sources agree, 2 of them independent")
}
