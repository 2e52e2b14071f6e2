package host

import (
	"context"
	"errors"
	"fmt"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/dial"
)

// reach resolves the host's name and connects to the first address that answers, for a stage that has more to do then.
// Without a connection it says why.
func (t *target) reach(ctx context.Context) (a attempt, found resolution, why probes.Observation) {
	found, err := t.resolve(ctx)
	if err != nil && !errors.Is(ctx.Err(), context.Canceled) {
		return a, found, unknown(NoAddress, fmt.Sprintf("%s was not tried: %v", t.Address, err))
	}
	for i, addr := range found.addrs {
		// What comes after needs its share too: as much as one more address.
		if a = t.connect(ctx, addr, len(found.addrs)-i+1); a.conn != nil {
			break
		}
	}
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		if a.conn != nil {
			dial.Discard(a.conn)
			a.conn = nil
		}
		return a, found, unknown(probes.Cancelled, "the look was called off")
	case a.conn != nil:
		return a, found, why
	case a.reason == probes.Denied:
		return a, found, unknown(probes.Denied, fmt.Sprintf("%s: this terminal forbids us to connect", t.Address))
	}
	return a, found, unknown(NoConnection, fmt.Sprintf("%s: no connection (%s): the tcp probe judges that", t.Address, a.reason))
}
