package link_test

import (
	"context"
	"fmt"
	"os"

	"github.com/poshealth/poshealth/probes/link"
	"github.com/poshealth/poshealth/probes/probetest"
)

func Example() {
	root, err := os.MkdirTemp("", "terminal")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(root)
	if _, err := probetest.NewTerminal(root, probetest.TerminalOptions{}); err != nil {
		fmt.Println(err)
		return
	}

	o := link.Options{Root: root} // "/" for the terminal that the agent runs on
	fmt.Println(link.New(o).Observe(context.Background()).Outcome)
	route := link.NewRoute(o).Observe(context.Background())
	fmt.Println(route.Outcome, route.Fact("gateway"))
	// Output:
	// pass
	// pass 192.168.1.1
}
