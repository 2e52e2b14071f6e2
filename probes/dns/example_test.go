package dns_test

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/poshealth/poshealth/probes/dns"
	"github.com/poshealth/poshealth/probes/probetest"
)

func ExampleNew() {
	server, err := probetest.NewDNSServer(map[string][]netip.Addr{"pos.acquirer.example": {netip.MustParseAddr("192.0.2.7")}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	started := time.Now()
	book := dns.NewBook(func() time.Duration { return time.Since(started) })
	p, err := dns.New(dns.Options{Subject: "acquirer-a", Name: "pos.acquirer.example", Servers: []string{server.Addr()}, Book: book})
	if err != nil {
		fmt.Println(err)
		return
	}
	o := p.Observe(context.Background())
	fmt.Println(p.ID(), o.Outcome, o.Fact("address_1"))
	// Output: dns/acquirer-a pass 192.0.2.7
}

func ExampleNewResolvers() {
	server, err := probetest.NewDNSServer(map[string][]netip.Addr{"pos.acquirer.example": {netip.MustParseAddr("192.0.2.7")}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	p, err := dns.NewResolvers(dns.Options{Name: "pos.acquirer.example", Servers: []string{server.Addr()}})
	if err != nil {
		fmt.Println(err)
		return
	}
	o := p.Observe(context.Background())
	fmt.Println(p.ID(), o.Outcome, o.Fact("server_1") == server.Addr()+" pass")
	// Output: resolvers pass true
}

func ExampleClient_Resolve() {
	// What the host probes are given: an answer of the name server, or else the last good one.
	client, err := dns.NewClient(nil, nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(client.Resolve(context.Background(), "192.0.2.7"))
	// Output: [192.0.2.7] false <nil>
}
