package agent

import (
	"log/slog"
	"strings"
	"time"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/link"
	"github.com/poshealth/poshealth/transport/mqtt"
	"github.com/poshealth/poshealth/transport/wire"
)

// writeEvery is the least time between two writes of what was learned, and how often a link that stands is asked what it bore: cheap
// flash wears out, and what is lost with the power is learned again.
const writeEvery = time.Hour

// keepAlive is the configured one; where that is the default, it is what the network has been found to bear.
func (b *brokers) keepAlive(network string) time.Duration {
	if b.config.KeepAlive != config.LearnKeepAlive || network == "" {
		return b.config.KeepAlive
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.memory.network(network).Next(b.config.KeepAlive)
}

// watch learns from a link's silences until it has ended. One on which nothing is heard is ended when that is over.
func (b *brokers) watch(l *mqtt.Link, network string, every time.Duration, over func() bool) {
	ask := time.NewTicker(writeEvery)
	defer ask.Stop()
	defer b.cost.ended(l)
	told := 0
	for ended := false; !ended; {
		select {
		case <-ask.C:
			if over() {
				l.Cut(errHear)
			}
		case <-l.Lost():
			ended = true
		}
		q := l.Quiet()
		answered := q.Answered
		q.Answered, told = answered-told, answered
		b.heard(network, every, q)
	}
}

// heard learns from one stretch of a link.
func (b *brokers) heard(network string, every time.Duration, q mqtt.Quiet) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.config.KeepAlive == config.LearnKeepAlive && network != "" && q != (mqtt.Quiet{}) {
		b.memory.learnNetwork(network, b.memory.network(network).Learn(every, q))
	}
	b.save()
}

// save writes what was learned, if it is news and the last write is long enough ago. Its caller holds the lock.
func (b *brokers) save() {
	text, now := b.memory.text(), b.boottime()
	if text == b.kept || now-b.wrote < writeEvery {
		return
	}
	b.wrote = now
	if err := b.write(b.file, text); err != nil {
		b.log.Warn("what was learned of the broker is not kept", slog.Any("error", err))
		return
	}
	b.kept = text
}

// networkIn is a word for the network that a snapshot was made on: the bearer and, of a mobile one, the operator. Wi-Fi networks
// are one: their names would say where the terminal is.
func networkIn(s wire.Snapshot) string {
	fact := func(probe probes.ID, name string) string {
		for _, r := range s.Results {
			for _, f := range r.Facts {
				if r.Probe == string(probe) && f.Name == name {
					return f.Value
				}
			}
		}
		return ""
	}
	bearer := fact("link", "bearer")
	if operator := fact("mobile", "operator"); bearer == link.Mobile && operator != "" {
		bearer += "/" + operator
	}
	if bearer = strings.ToLower(bearer); !plain(bearer, maxNetworkKey) {
		return ""
	}
	return bearer
}
