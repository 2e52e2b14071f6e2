package downlink_test

import (
	"crypto/ed25519"
	"fmt"
	"io/fs"
	"time"

	"github.com/poshealth/poshealth/transport/downlink"
)

// A fleet seals a command for one terminal's topic; the terminal opens it, enters it into its book, and does it.
func ExampleGate() {
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)) // of a fleet that keeps no secret
	keys := []downlink.Key{downlink.NewKey(downlink.ForCommands, private.Public().(ed25519.PublicKey))}
	topic, _ := downlink.Topic("shop-12", "T0000001", downlink.OpProbe)
	envelope, _ := downlink.Seal(private, topic, []byte(
		`{"id":"c1","dst":"T0000001","seq":1,"nbf":1800000000,"exp":1800003600,"op":"probe","args":{"kinds":["tcp"]}}`))

	book, _ := downlink.OpenBook(downlink.BookOptions{
		File: "downlink", Keys: keys,
		Read:  func(string, int64) ([]byte, error) { return nil, fs.ErrNotExist },
		Write: func(string, string) error { return nil },
	})
	gate := downlink.NewGate(downlink.GateOptions{
		Tenant: "shop-12", Terminal: "T0000001", Keys: keys, Book: book,
		Now:      func() (time.Time, bool) { return time.Unix(1800000060, 0), true },
		Boottime: func() time.Duration { return time.Hour },
		Nonce:    func() string { return "" },
	})
	command, refusal := gate.Open(topic, envelope)
	fmt.Println(command.Op, command.Args.(*downlink.Probe).Kinds, refusal == nil)
	_ = book.Enter(command, "done", nil)
	_, refusal = gate.Open(topic, envelope)
	fmt.Println(refusal)
	// Output:
	// probe [tcp] true
	// replayed: it was done before
}
