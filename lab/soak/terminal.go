//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/mqtt"
	"github.com/poshealth/poshealth/transport/spool"
	"github.com/poshealth/poshealth/transport/wire"
)

const base = "pos/v1/demo/T0000001/"

// terminal is the agent's end, in a process of its own. It obeys the orders on its input, a line each: "add N" is answered by
// "stored N" once the change is on flash, "ledger" by the accounts of the spool.
//
// It waits for acknowledgements and receipts for two seconds, where a real one waits for 30 and 60: the run is short.
func terminal(dir, broker string) error {
	out := spool.Open(spool.Options{Dir: dir, ReceiptWithin: 2 * time.Second})
	if err := out.Fault(); err != nil {
		return err
	}
	birth, err := wire.Encode(wire.State{Schema: wire.Schema, Online: true, Terminal: "T0000001", Epoch: uint64(os.Getpid())})
	if err != nil {
		return err
	}
	courier := transport.New(transport.Options{
		Outbox: out, Backoff: transport.FleetBackoff(1),
		Wrap: func(batch []transport.Message) ([]byte, int, error) {
			body, err := wire.Unpack(batch[0].Body)
			if err != nil {
				return nil, 0, err
			}
			m := batch[0]
			body, err = wire.Stamp(body, wire.Spool{ID: m.Spool, Seq: m.Seq}, m.Late)
			return wire.Pack(body), 1, err
		},
		Dial: func(ctx context.Context) (transport.Link, error) {
			return mqtt.Dial(ctx, mqtt.Options{
				Broker: broker, ClientID: "T0000001", Birth: birth, Will: birth, SendTimeout: 2 * time.Second,
				Topics:    mqtt.Topics{State: base + "state", Pulse: base + "health", Change: base + "event", History: base + "history"},
				Subscribe: []mqtt.Topic{{Name: base + "receipt"}},
				Receive: func(_ string, body []byte) {
					if r, err := wire.Decode[wire.Receipt](body); err == nil {
						out.Receipt(r.Spool, r.Seq)
					}
				},
			})
		},
	})
	go func() { _ = courier.Run(context.Background()) }() // it ends with the process, as a kill ends it
	for orders := bufio.NewScanner(os.Stdin); orders.Scan(); {
		verb, rest, _ := strings.Cut(orders.Text(), " ")
		switch verb {
		case "add":
			body, err := wire.Encode(wire.Event{Schema: wire.Schema, Terminal: wire.Terminal{ID: "T0000001", Agent: "soak"}, Changes: []wire.Delta{
				{What: wire.Raised, Code: "number-" + rest},
			}})
			if err != nil {
				return err
			}
			out.Add(transport.Message{Class: transport.Change, Body: wire.Pack(body)})
			if err := out.Sync(context.Background()); err != nil {
				return err
			}
			fmt.Println("stored", rest)
		case "ledger":
			accounts, err := json.Marshal(out.Ledger())
			if err != nil {
				return err
			}
			fmt.Println("ledger", string(accounts))
		}
	}
	return nil
}
