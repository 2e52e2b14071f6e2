package clock_test

import (
	"context"
	"fmt"

	"github.com/poshealth/poshealth/probes/clock"
	"github.com/poshealth/poshealth/probes/probetest"
)

func ExampleNew() {
	server, err := probetest.NewNTPServer()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	p, err := clock.New(clock.Options{NTP: []string{server.Addr()}})
	if err != nil {
		fmt.Println(err)
		return
	}
	o := p.Observe(context.Background())
	fmt.Println(p.ID(), o.Outcome, o.Detail)
	// Output: clock pass one source only: nothing to compare it with
}
