package agent

import (
	"log/slog"
	"path"

	"github.com/poshealth/poshealth/transport/wire"
)

// hear takes what the fleet says on a topic of this terminal.
func (a *Agent) hear(topic string, body []byte) {
	if path.Base(topic) != "receipt" {
		if a.commanded != nil { // a broker may say what nobody asked for
			a.commanded.executor.Receive(topic, body)
		}
		return
	}
	r, err := wire.Decode[wire.Receipt](body)
	if err != nil {
		a.options.Log.Warn("receipt cannot be read", slog.Any("error", err))
		return
	}
	a.reporter.outbox.Receipt(r.Spool, r.Seq)
}
