package host_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/poshealth/poshealth/probes/host"
	"github.com/poshealth/poshealth/probes/probetest"
)

func Example() {
	payHost, err := probetest.NewTLSHost("pos.acquirer.example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer payHost.Close()

	o := host.Options{Name: "acquirer-a", Address: payHost.Addr(), ServerName: "pos.acquirer.example"}
	tcp, err := host.NewTCP(o)
	if err != nil {
		fmt.Println(err)
		return
	}
	tls, err := host.NewTLS(o)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(tcp.ID(), tcp.Observe(context.Background()).Outcome)
	seen := tls.Observe(context.Background())
	fmt.Println(tls.ID(), seen.Outcome, seen.Fact("cert_subject"))
	// Output:
	// tcp/acquirer-a pass
	// tls/acquirer-a pass pos.acquirer.example
}

func ExampleNewHTTPS() {
	gateway := httptest.NewTLSServer(http.NotFoundHandler())
	defer gateway.Close()

	p, err := host.NewHTTPS(host.Options{Name: "acquirer-a", Address: gateway.Listener.Addr().String(), Path: "/health"})
	if err != nil {
		fmt.Println(err)
		return
	}
	o := p.Observe(context.Background())
	status, _ := o.Reading("status")
	fmt.Println(p.ID(), o.Outcome, status)
	// Output: https/acquirer-a pass 404
}
