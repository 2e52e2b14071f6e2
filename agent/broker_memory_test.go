package agent

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/transport/mqtt"
	"github.com/poshealth/poshealth/transport/wire"
)

// fullMemory is the most that is ever kept.
func fullMemory() brokerMemory {
	var m brokerMemory
	var all []string
	for i := range mostKnownBrokers {
		all = append(all, strings.Repeat(string(rune('a'+i)), maxBrokerKey))
		k := knownBroker{Broker: all[i], Thrift: mqtt.Thrift{Certificate: strings.Repeat("f", maxCertificate), Full: 1 << 62, Resumed: 1 << 62, Tries: 1 << 30, At: 1 << 62}}
		for j := range 2 * mostKnownAddresses {
			k = k.met(netip.AddrFrom16([16]byte{0: 0x20, 15: byte(j)}))
		}
		m.learnBroker(k, all)
	}
	for i := range 2 * mostKnownNetworks {
		m.learnNetwork(strings.Repeat("n", maxNetworkKey-1)+string(rune('a'+i)), mqtt.Rhythm{Every: 1 << 62, Losses: 1 << 30})
	}
	return m
}

func TestBrokerMemory(t *testing.T) {
	m := fullMemory()
	assert.Len(t, m.Networks, mostKnownNetworks)
	assert.Len(t, m.Brokers[0].Addresses, mostKnownAddresses)
	assert.Less(t, len(m.text()), maxBrokerFile)
	assert.Equal(t, m, parseBrokerMemory([]byte(m.text())))

	m.learnBroker(knownBroker{Broker: "tls://new.example:8883"}, []string{"tls://new.example:8883"})
	assert.Len(t, m.Brokers, 1, "one that is no longer configured is forgotten")

	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	k := knownBroker{}.met(a).met(b).met(a).met(netip.Addr{}).met(netip.IPv4Unspecified())
	assert.Equal(t, []netip.Addr{b, a}, k.Addresses)

	for _, damaged := range []string{"", "{", "[]", `{"brokers":[{"broker":""}]}`, `{"networks":7}`, `{"networks":[{"network":"a b"}]}`, `{"brokers":[{"broker":"x","addresses":["nonsense"]}]}`} {
		got := parseBrokerMemory([]byte(damaged))
		assert.Empty(t, got.Brokers, damaged)
		assert.Empty(t, got.Networks, damaged)
	}
}

// FuzzBrokerMemory: whatever the file holds, what is read of it is within bounds, and is written and read as the same.
func FuzzBrokerMemory(f *testing.F) {
	f.Add([]byte(fullMemory().text()))
	f.Add([]byte(`{"brokers":[{"broker":"tls://b.example:8883","addresses":["192.0.2.1","fe80::1%eth0","0.0.0.0",""],"tls":{"Full":-1}}],"networks":[{"network":"mobile/46000","keepalive":{"Every":-1,"Losses":-7}}]}`))
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := parseBrokerMemory(b)
		if len(m.Brokers) > mostKnownBrokers || len(m.Networks) > mostKnownNetworks || len(m.text()) > maxBrokerFile {
			t.Fatalf("%d brokers, %d networks, %d bytes", len(m.Brokers), len(m.Networks), len(m.text()))
		}
		if again := parseBrokerMemory([]byte(m.text())); again.text() != m.text() {
			t.Fatalf("wrote %s, read %s", m.text(), again.text())
		}
		for _, k := range m.Networks {
			if next := k.Rhythm.Next(time.Minute); next < time.Minute || next > 20*time.Minute {
				t.Fatalf("a keep-alive of %v", next)
			}
			k.Rhythm.Learn(k.Rhythm.Next(time.Minute), mqtt.Quiet{Answered: 1 << 30, Fell: 1 << 62})
		}
		for _, k := range m.Brokers {
			if len(k.Addresses) > mostKnownAddresses {
				t.Fatalf("%d addresses", len(k.Addresses))
			}
			k.Thrift.Learn(time.Unix(1<<31, 0), k.Thrift.Resume(time.Unix(1<<31, 0)), mqtt.Way{Certificate: "a"}, mqtt.Counts{In: 1})
		}
	})
}

// TestKeepAliveIsLearned: for each network by itself, over a start, and never in the place of one that somebody has set.
func TestKeepAliveIsLearned(t *testing.T) {
	addr, door, _ := testBroker(t, nil)
	dir := t.TempDir()
	c := config.MQTT{Broker: "tcp://" + addr}
	r := newBrokerRig(t, dir, c)
	announced := func() int32 {
		t.Helper()
		_, err := r.link()
		require.NoError(t, err)
		return door.alive.Load()
	}
	assert.Equal(t, int32(240), announced())
	r.boot += writeEvery
	r.heard("mobile/46000", 240*time.Second, mqtt.Quiet{Answered: 16})
	assert.Equal(t, int32(480), announced())
	r.on = "wi-fi"
	assert.Equal(t, int32(240), announced(), "another network")
	r.on = ""
	assert.Equal(t, int32(240), announced(), "one that nobody knows")
	r.heard("", 240*time.Second, mqtt.Quiet{Fell: 240 * time.Second})
	assert.Equal(t, int32(240), announced())

	r = newBrokerRig(t, dir, c)
	assert.Equal(t, int32(480), announced(), "after a start")

	c.KeepAlive = 300 * time.Second
	r = newBrokerRig(t, dir, c)
	r.heard("mobile/46000", 300*time.Second, mqtt.Quiet{Fell: 300 * time.Second})
	assert.Equal(t, int32(300), announced(), "set by hand")
	assert.Equal(t, 480*time.Second, r.memory.network("mobile/46000").Every)
}

// TestLearningSparesTheFlash: what was learned is written when it is news, and once an hour at most.
func TestLearningSparesTheFlash(t *testing.T) {
	addr, _, _ := testBroker(t, nil)
	r := newBrokerRig(t, t.TempDir(), config.MQTT{Broker: "tcp://" + addr})
	for range 5 {
		_, err := r.link()
		require.NoError(t, err)
	}
	require.Len(t, r.written, 1, "the address, once")
	for range 100 { // two days of quiet
		r.boot += 30 * time.Minute
		r.heard("wi-fi", r.keepAlive("wi-fi"), mqtt.Quiet{Answered: 4})
	}
	assert.LessOrEqual(t, len(r.written), 5, "a write for each keep-alive that was learned")
	r.boot += time.Hour
	r.heard("wi-fi", r.keepAlive("wi-fi"), mqtt.Quiet{Fell: time.Hour})
	n := len(r.written)
	for range 10 {
		r.heard("wi-fi", r.keepAlive("wi-fi"), mqtt.Quiet{Fell: time.Hour})
	}
	assert.Len(t, r.written, n)
	r.boot += time.Hour
	r.heard("wi-fi", r.keepAlive("wi-fi"), mqtt.Quiet{})
	assert.Len(t, r.written, n+1, "what came within the hour is written after it")
	kept, err := readBrokerMemory(r.dir)
	require.NoError(t, err)
	assert.Equal(t, r.memory.text(), kept.text())
}

func TestNetworkIn(t *testing.T) {
	result := func(probe, fact, value string) wire.Result {
		return wire.Result{Probe: probe, Facts: []wire.Fact{{Name: fact, Value: value}}}
	}
	for want, s := range map[string]wire.Snapshot{
		"":             {},
		"wi-fi":        {Results: []wire.Result{result("link", "bearer", "wi-fi"), result("mobile", "operator", "46000")}},
		"mobile":       {Results: []wire.Result{result("link", "bearer", "mobile")}},
		"mobile/46000": {Results: []wire.Result{result("link", "bearer", "mobile"), result("mobile", "operator", "46000")}},
	} {
		assert.Equal(t, want, networkIn(s))
	}
	assert.Empty(t, networkIn(wire.Snapshot{Results: []wire.Result{result("link", "bearer", "mobile"), result("mobile", "operator", "an operator's own name")}}))
}
