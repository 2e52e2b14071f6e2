package agent

import (
	"errors"
	"sync"

	"github.com/poshealth/poshealth/probes/meter"
	"github.com/poshealth/poshealth/transport/mqtt"
)

// linkCost enters what the way to the broker costs into the meter: what making a connection took, and from then on what went over
// it. A kernel that counts no segments, below Linux 4.2, leaves headers and acknowledgements to be guessed.
type linkCost struct {
	meter *meter.Meter

	mu    sync.Mutex
	links map[*mqtt.Link]int64 // bytes entered so far
}

const (
	// guessShare and guessConnection are what headers and acknowledgements add where the kernel does not count them: most messages
	// of ours are 500 bytes, each with its acknowledgement 244 on top of them, and to connect and part takes ten empty segments.
	guessShare      = 1.5
	guessConnection = 520
	// vainConnect is what an attempt costs that nobody answers: five SYN of 60 bytes in the time that it is given.
	vainConnect = 300
)

// ipBytes is what these counts mean at the level of IP.
func ipBytes(c mqtt.Counts) int64 {
	if c.SegmentsIn+c.SegmentsOut > 0 {
		return c.IP()
	}
	return int64(float64(c.In+c.Out)*guessShare) + guessConnection
}

// begun enters what a link took to make, and follows it.
func (k *linkCost) begun(l *mqtt.Link) {
	k.mu.Lock()
	defer k.mu.Unlock()
	made := ipBytes(l.Traffic().Handshake)
	k.meter.Add(meter.Handshakes, made)
	if k.links == nil {
		k.links = make(map[*mqtt.Link]int64, 1)
	}
	k.links[l] = made
}

// failed enters what attempts in vain have cost.
func (k *linkCost) failed(err error) {
	var at *mqtt.DialError
	if !errors.As(err, &at) {
		return
	}
	for ; at != nil; at = at.Next {
		switch at.Stage {
		case mqtt.StageResolve: // the resolver's own account
		case mqtt.StageConnect:
			k.meter.Add(meter.Handshakes, vainConnect)
		case mqtt.StageProxy, mqtt.StageTLS, mqtt.StageWebsocket, mqtt.StageMQTT, mqtt.StageBirth, mqtt.StageSubscribe:
			k.meter.Add(meter.Handshakes, ipBytes(at.Traffic.Total))
		}
	}
}

// entered brings the account of all links up to now.
func (k *linkCost) entered() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for l := range k.links {
		k.enter(l)
	}
}

// ended closes a link's account.
func (k *linkCost) ended(l *mqtt.Link) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.enter(l)
	delete(k.links, l)
}

// enter adds what went over a link since the last time; mu is held.
func (k *linkCost) enter(l *mqtt.Link) {
	if told, follows := k.links[l]; follows {
		now := ipBytes(l.Traffic().Total)
		k.meter.Add(meter.Telemetry, now-told)
		k.links[l] = max(now, told)
	}
}
