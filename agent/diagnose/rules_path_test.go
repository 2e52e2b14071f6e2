package diagnose_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/probes"
)

// packets is a look that sent so many and got so many back.
func packets(id probes.ID, sent, received float64, more ...probes.Reading) seen {
	return seen{id, passed(append([]probes.Reading{reading("sent", sent), reading("received", received), reading("loss", 100*(sent-received)/sent)}, more...)...)}
}

func fact(o probes.Observation, name, value string) probes.Observation {
	o.Facts = append(o.Facts, probes.Fact{Name: name, Value: value})
	return o
}

func times(n int, looks ...seen) []seen {
	var all []seen
	for range n {
		all = append(all, looks...)
	}
	return all
}

func then(looks []seen, more ...seen) []seen { return append(append([]seen{}, looks...), more...) }

func TestPacketLoss(t *testing.T) {
	again := seen{"counters", passed(reading("segments", 60), reading("retransmitted", 2))}
	clean := []seen{packets("gateway", 50, 50), packets("path/a", 50, 50), packets("path/b", 50, 50)}
	for _, tc := range []judged{
		{name: "nothing is lost", looks: []seen{packets("path/a", 50, 50), packets("path/b", 50, 50)}},
		{name: "one of fifty is chance, on both ways", before: clean, looks: []seen{packets("path/a", 50, 49), packets("path/b", 50, 49)}},
		{name: "fewer than fifty say nothing", before: clean, looks: []seen{packets("path/a", 49, 25), packets("path/b", 49, 25)}},
		{name: "one way that loses may be a host that answers when it likes", before: clean, looks: []seen{packets("path/a", 50, 40), packets("path/b", 50, 50)}},
		{name: "two that always did are behind one firewall", looks: []seen{packets("path/a", 50, 40), packets("path/b", 50, 40)}},
		{name: "and so are a host and a router that always did", looks: []seen{packets("gateway", 50, 30), packets("path/a", 50, 40)}},
		{name: "where TCP loses as well it is that way", looks: []seen{again, packets("path/a", 50, 40), packets("path/b", 50, 50)}, want: []string{"packet-loss/a imminent"}},
		{name: "few segments are not enough for TCP", before: clean, looks: []seen{
			{"counters", passed(reading("segments", 20), reading("retransmitted", 5))}, packets("path/a", 50, 40), packets("path/b", 50, 50),
		}},
		{name: "nor is what was sent to a host that is silent", before: clean, looks: []seen{again, fails("tcp/b", "timeout"), packets("path/a", 50, 40), packets("path/b", 50, 50)}, want: []string{"host-unreachable/b blocking"}},
		{name: "a connection of ours that sent again will do", looks: []seen{
			{"tcp/a", passed(reading("connect", 50), reading("retransmits", 1))}, packets("path/a", 50, 40), packets("path/b", 50, 50),
		}, want: []string{"packet-loss/a imminent"}},
		{name: "both ways lose: it is what they share", before: clean, looks: []seen{packets("path/a", 50, 47), packets("path/b", 50, 46)}, want: []string{"packet-loss degraded"}},
		{name: "much, and TCP says so", before: clean, looks: []seen{again, packets("path/a", 50, 40), packets("path/b", 50, 47)}, want: []string{"packet-loss imminent"}},
		{name: "much, without its word", before: clean, looks: []seen{packets("path/a", 50, 40), packets("path/b", 50, 47)}, want: []string{"packet-loss degraded"}},
		{name: "looks add up", before: clean, looks: times(3, packets("path/a", 50, 48), packets("path/b", 50, 48)), want: []string{"packet-loss degraded"}},
		{name: "in the shop", before: clean, looks: []seen{packets("gateway", 50, 40), packets("path/a", 50, 40)}, want: []string{"packet-loss degraded"}},
		{name: "a router that answers when it likes", before: clean, looks: []seen{packets("gateway", 50, 20), packets("path/a", 50, 50), packets("path/b", 50, 50)}},
		{name: "a host that never answers is not measured", before: clean[:2], looks: []seen{packets("path/a", 50, 47), packets("gateway", 50, 46), {"path/b", unseen("silent")}}, want: []string{"packet-loss degraded"}},
		{name: "nor one that has closed itself", before: clean, looks: []seen{packets("gateway", 50, 46), {"path/b", unseen("silent")}, packets("path/a", 50, 47)}, want: []string{"packet-loss degraded"}},
	} {
		t.Run(tc.name, tc.try)
	}
	t.Run("it is mended when ten minutes have passed", func(t *testing.T) {
		s := newStory(t, diagnose.Rules(diagnose.Profile{}), diagnose.Terms{})
		s.every = time.Hour
		lossy := packets("path/a", 50, 40).o
		for _, l := range clean {
			s.look(l.id, l.o)
		}
		s.jump(3600)
		s.look("path/a", lossy)
		assert.Equal(t, []string{"packet-loss"}, standingCodes(s.look("path/b", lossy)))
		s.jump(3600 + 601)
		s.look("path/a", packets("path/a", 50, 50).o)
		assert.Empty(t, standingCodes(s.look("path/b", packets("path/b", 50, 50).o)))
	})
}

func TestLossIsSaidWithWhereItIs(t *testing.T) {
	for where, gateway := range map[string]seen{"it is lost in the shop": packets("gateway", 50, 40), "it is lost beyond": packets("gateway", 50, 50)} {
		s := newStory(t, diagnose.Rules(diagnose.Profile{}), diagnose.Terms{})
		for _, id := range []probes.ID{"gateway", "path/a", "path/b"} {
			s.look(id, packets(id, 50, 50).o)
		}
		s.every = 24 * time.Hour
		s.jump(3600)
		s.look(gateway.id, gateway.o)
		s.look("path/a", packets("path/a", 50, 40).o)
		v := s.look("path/b", packets("path/b", 50, 41).o)
		if assert.Len(t, v.Findings, 1) {
			assert.Contains(t, v.Findings[0].Detail, where)
		}
	}
}

func TestReorderingAndBlackHoles(t *testing.T) {
	train := func(share float64) seen {
		return packets("path/a", 50, 50, reading("reordered", share), reading("train_received", 300))
	}
	large := func(came float64) seen {
		return packets("path/a", 50, 50, reading("large_sent", 4), reading("large_received", came), reading("large_size", 1500))
	}
	for _, tc := range []judged{
		{name: "in order", looks: []seen{train(0.9)}},
		{name: "out of order is a remark", looks: []seen{train(1)}, want: []string{"packet-reordering/a info"}},
		{name: "a look without a train leaves it as it was", looks: []seen{train(1), packets("path/a", 50, 50)}, want: []string{"packet-reordering/a info"}},
		{name: "and is more where a host suffers", looks: []seen{
			train(1), {"link", fact(passed(), "bearer", "wi-fi")}, {"tcp/a", passed(reading("rtt", 700), reading("connect", 900))}, {"tcp/b", passed(reading("rtt", 700), reading("connect", 900))},
		}, want: []string{"packet-reordering/a degraded"}},

		{name: "a handshake that passes in small pieces only", looks: []seen{fails("tls/a", "large-stalls")}, want: []string{"mtu-blackhole/a imminent"}},
		{name: "all of them do", looks: []seen{fails("tls/a", "large-stalls"), fails("tls/b", "large-stalls")}, want: []string{"mtu-blackhole imminent"}},
		{name: "large packets never came back: a firewall drops them", looks: []seen{large(0), large(0)}},
		{name: "they did, and do not any more", looks: []seen{large(4), large(0)}, want: []string{"mtu-blackhole/a imminent"}},
		{name: "and they do again", looks: []seen{large(4), large(0), large(3)}},
		{name: "looks without large ones leave it as it was", looks: then(times(1, large(4), large(0)), times(5, packets("path/a", 50, 50))...), want: []string{"mtu-blackhole/a imminent"}},
		{name: "for as long as it lasts", looks: append([]seen{large(4)}, times(50, large(0))...), want: []string{"mtu-blackhole/a imminent"}},
	} {
		t.Run(tc.name, tc.try)
	}
}

func TestLatencyOfAllAndOfOne(t *testing.T) {
	slow := func(host string, ms float64) seen {
		return seen{probes.ID("tcp/" + host), passed(reading("connect", 3*ms), reading("rtt", ms))}
	}
	for _, tc := range []judged{
		{name: "the kernel's measure counts, not a SYN that was lost", looks: times(3, slow("a", 700))},
		{name: "one host", looks: times(3, slow("a", 900), slow("b", 50)), want: []string{"high-latency/a degraded"}},
		{name: "all hosts", looks: times(3, slow("a", 900), slow("b", 2100)), want: []string{"high-latency imminent"}},
		{name: "jitter", looks: then(times(3, slow("a", 90)), packets("path/a", 50, 50, reading("jitter", 301))), want: []string{"high-latency/a degraded"}},
		{name: "at the limit of jitter", looks: then(times(3, slow("a", 90)), packets("path/a", 50, 50, reading("jitter", 300)))},
	} {
		t.Run(tc.name, tc.try)
	}
}
