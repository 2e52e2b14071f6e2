package iso8583_test

import (
	"fmt"
	"testing"

	"github.com/poshealth/poshealth/probes"
)

func BenchmarkEcho(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := unionpay.Echo(123, "000001", noon); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReply(b *testing.B) {
	e, frame := echo(b, unionpay), bytesOf(b, fmt.Sprintf(unionpayLong, "00"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Reply(frame); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLook is a whole look at a host on loopback, the host's work included.
func BenchmarkLook(b *testing.B) {
	p := probe(b, listen(b, genericHost("00")).address)
	b.ReportAllocs()
	for b.Loop() {
		if o := p.Observe(b.Context()); o.Outcome != probes.Pass {
			b.Fatal(o.Detail)
		}
	}
}
