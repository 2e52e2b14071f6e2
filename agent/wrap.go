package agent

import (
	"fmt"

	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/wire"
)

// A message lies in the spool packed, for the flash's sake, and without its number, which the spool gives. What goes out is
// unpacked, stamped and packed again, or sent plain where the configuration says so.

// pack is how a message lies in the spool.
func pack(message any) ([]byte, error) {
	body, err := wire.Encode(message)
	if err != nil {
		return nil, err
	}
	return wire.Pack(body), nil
}

// wrapper makes what is sent of what goes together: a pulse, a change, or as much of a batch of history as one message has room
// for.
func wrapper(whose wire.Terminal, plain bool) func([]transport.Message) ([]byte, int, error) {
	return func(batch []transport.Message) ([]byte, int, error) {
		if m := batch[0]; m.Class == transport.Pulse && !plain {
			return m.Body, 1, nil // it has no number, and is packed
		}
		items := make([][]byte, 0, len(batch))
		for _, m := range batch {
			item, err := wire.Unpack(m.Body)
			if err == nil && m.Spool != "" {
				item, err = wire.Stamp(item, wire.Spool{ID: m.Spool, Seq: m.Seq}, m.Late)
			}
			if err != nil {
				return nil, 0, err
			}
			items = append(items, item)
		}
		body, taken := items[0], 1
		if batch[0].Class == transport.History {
			var err error
			// Packed it is a fifth of that at most.
			if body, taken, err = wire.EncodeBatch(whose, items, transport.MaxBody); err != nil {
				return nil, 0, err
			}
			if taken == 0 {
				return nil, 0, fmt.Errorf("a pulse of %d bytes is too long for a message", len(items[0]))
			}
		}
		if !plain {
			body = wire.Pack(body)
		}
		return body, taken, nil
	}
}
