package status_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/transport/wire"
)

// TestVisitsOfTechnicians: who may act begins and ends visits over the socket, and nobody does over loopback, the page included; anyone who
// may read sees them.
func TestVisitsOfTechnicians(t *testing.T) {
	var uid atomic.Int64
	uid.Store(int64(os.Getuid()))
	heard := make(chan status.VisitRequest, 16)
	r := start(t, status.Options{
		Peer: func(net.Conn) (int, error) { return int(uid.Load()), nil },
		Visit: func(_ context.Context, ask status.VisitRequest) (wire.VisitRecord, error) {
			heard <- ask
			switch ask.By {
			case "twice":
				return wire.VisitRecord{}, fmt.Errorf("%w: a visit is open", status.ErrVisit)
			case "long":
				return wire.VisitRecord{}, errors.New("by: want at most 32 characters")
			}
			return wire.VisitRecord{ID: "5f0c1e2d3a4b5968", State: wire.VisitOpen, By: ask.By}, nil
		},
		Visits: func() status.Visits { return status.Visits{Fault: "no room"} },
	})
	client := status.NewClient(r.socket)

	v, err := client.Visit(t.Context(), status.VisitRequest{Do: status.VisitStart, By: "4711"})
	require.NoError(t, err)
	assert.Equal(t, "4711", v.By)
	did := []string{strings.Repeat("<", 200), "更换流量卡", strings.Repeat("<", 200), strings.Repeat("<", 200), strings.Repeat("<", 200)}
	_, err = client.Visit(t.Context(), status.VisitRequest{Do: status.VisitDone, Did: did})
	require.NoError(t, err)
	assert.Equal(t, status.VisitRequest{Do: status.VisitStart, By: "4711"}, <-heard)
	assert.Equal(t, did, (<-heard).Did, "at their bounds, as they were written")
	for by, want := range map[string]string{"twice": "a visit is open", "long": "by: want at most 32"} {
		_, err = client.Visit(t.Context(), status.VisitRequest{Do: status.VisitStart, By: by})
		require.ErrorContains(t, err, want)
		<-heard
	}
	_, err = client.Visit(t.Context(), status.VisitRequest{Do: "undo"})
	require.ErrorContains(t, err, `want a JSON object`)
	_, err = client.Visit(t.Context(), status.VisitRequest{Do: status.VisitDone, Did: []string{strings.Repeat("x", 20<<10)}})
	require.ErrorContains(t, err, "tell at most 16 KiB")
	all, err := client.Visits(t.Context())
	require.NoError(t, err)
	assert.Equal(t, status.Visits{Schema: 1, Visits: []wire.VisitRecord{}, Fault: "no room"}, all)

	for _, origin := range []string{"", "http://" + r.page, "http://elsewhere.example"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+r.page+"/v1/visit", strings.NewReader(`{"do":"start"}`))
		require.NoError(t, err)
		if origin != "" {
			request.Header.Set("Origin", origin)
		}
		answer, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, errors.Join(err, answer.Body.Close()))
		assert.Equal(t, http.StatusForbidden, answer.StatusCode, string(body))
	}
	uid.Add(1)
	stranger := status.NewClient(r.socket)
	_, err = stranger.Visit(t.Context(), status.VisitRequest{Do: status.VisitStart})
	require.ErrorIs(t, err, status.ErrDenied)
	_, err = stranger.Visits(t.Context())
	require.NoError(t, err)
	assert.Empty(t, heard, "none of them came through")
}

// TestNoVisits: an agent without a desk says so.
func TestNoVisits(t *testing.T) {
	r := start(t, status.Options{})
	client := status.NewClient(r.socket)
	_, err := client.Visit(t.Context(), status.VisitRequest{Do: status.VisitStart})
	require.ErrorContains(t, err, "keeps no visits")
	all, err := client.Visits(t.Context())
	require.NoError(t, err)
	assert.Empty(t, all.Visits)
}
