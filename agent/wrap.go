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

// wrapper makes what is sent of what goes together: a pulse, a change, or a batch of history.
func wrapper(whose wire.Terminal, plain bool) func([]transport.Message) ([]byte, error) {
	return func(batch []transport.Message) ([]byte, error) {
		items := make([][]byte, 0, len(batch))
		for _, m := range batch {
			item, err := wire.Unpack(m.Body)
			if err == nil && m.Spool != "" {
				item, err = wire.Stamp(item, wire.Spool{ID: m.Spool, Seq: m.Seq}, m.Late)
			}
			if err != nil {
				return nil, err
			}
			items = append(items, item)
		}
		body := items[0]
		if batch[0].Class == transport.History {
			var taken int
			var err error
			if body, taken, err = wire.EncodeBatch(whose, items); err != nil {
				return nil, err
			}
			if taken < len(items) {
				return nil, fmt.Errorf("a batch has room for %d of %d pulses", taken, len(items))
			}
		}
		if plain {
			return body, nil
		}
		return wire.Pack(body), nil
	}
}
