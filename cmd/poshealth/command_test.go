package main_test

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/downlink"
	"github.com/poshealth/poshealth/transport/wire"
)

// office is the fleet's side: it signs, and publishes what it or anybody else has signed.
type office struct {
	*lab
	keys map[downlink.Purpose]ed25519.PrivateKey
	seq  uint64
}

func newOffice(t *testing.T) *office {
	o := &office{lab: newLab(t), keys: map[downlink.Purpose]ed25519.PrivateKey{}}
	var lines []string
	for i, p := range []downlink.Purpose{downlink.ForCommands, downlink.ForDesired, downlink.ForNotices} {
		seed := make([]byte, ed25519.SeedSize)
		seed[0] = byte(i + 1)
		o.keys[p] = ed25519.NewKeyFromSeed(seed)
		lines = append(lines, fmt.Sprintf("%q", downlink.NewKey(p, o.keys[p].Public().(ed25519.PublicKey)).String()))
	}
	config, err := os.ReadFile(o.config)
	require.NoError(t, err)
	o.config = o.write("poshealth.toml", string(config)+"[downlink]\nkeys = ["+strings.Join(lines, ", ")+"]\n")
	return o
}

const commands = "pos/v1/demo/T0000001/cmd"

// sign makes the envelope of the next command.
func (o *office) sign(id string, op downlink.Op, args string, bend func(*downlink.Body)) []byte {
	o.seq++
	b := downlink.Body{
		ID: id, Dst: "T0000001", Seq: o.seq, NotBefore: time.Now().Add(-time.Minute).Unix(), Expires: time.Now().Add(time.Hour).Unix(), Op: op,
	}
	if args != "" {
		b.Args = json.RawMessage(args)
	}
	if bend != nil {
		bend(&b)
	}
	body, err := json.Marshal(b)
	require.NoError(o.t, err)
	sealed, err := downlink.Seal(o.keys[downlink.ForCommands], commands, body)
	require.NoError(o.t, err)
	return sealed
}

// publish says anything on the terminal's topic of commands.
func (o *office) publish(envelope []byte) {
	cmd := exec.Command(probetest.Need(o.t, "mosquitto_pub"), "-h", "localhost", "-p", o.brokerPort, "--cafile", o.brokerCA, "-q", "1", "-t", commands, "-s")
	cmd.Stdin = strings.NewReader(string(envelope))
	out, err := cmd.CombinedOutput()
	require.NoError(o.t, err, string(out))
}

// hearsAck waits for the last word on a command.
func (o *office) hearsAck(id string) (a wire.Ack) {
	o.heard.until("the end of command "+id, func(topic string, body []byte) bool {
		if !strings.HasSuffix(topic, "/ack") {
			return false
		}
		require.NoError(o.t, json.Unmarshal(body, &a))
		return a.ID == id && a.Final()
	})
	return a
}

// hearsRefusal waits for the event of a refusal.
func (o *office) hearsRefusal(reason downlink.Reason) {
	o.heard.until("an event that something was refused as "+string(reason), func(topic string, body []byte) bool {
		if !strings.HasSuffix(topic, "/event") {
			return false
		}
		e, err := wire.Decode[wire.Event](body)
		require.NoError(o.t, err)
		return len(e.Changes) == 1 && e.Changes[0].What == wire.Refused && e.Changes[0].Code == string(reason)
	})
}

// TestCommands commands a real agent through a real broker, as its fleet and as everybody else.
func TestCommands(t *testing.T) {
	if testing.Short() {
		probetest.Unable(t, "-short leaves out what takes half a minute")
	}
	o := newOffice(t)
	daemon := o.start()
	daemon.until("all is well, and the time is proved", func(s wire.Snapshot) bool {
		for _, r := range s.Results {
			for _, x := range r.Readings {
				if r.Probe == "clock" && x.Name == "proved" && x.Value == 1 {
					return allClear(s)
				}
			}
		}
		return false
	})

	first := o.sign("c1", downlink.OpSnapshot, "", nil)
	o.publish(first)
	assert.Equal(t, wire.Done, o.hearsAck("c1").State)
	o.heard.until("the whole snapshot", func(topic string, body []byte) bool {
		s, err := wire.Decode[wire.Snapshot](body)
		return strings.HasSuffix(topic, "/health") && err == nil && !s.Partial
	})
	o.publish(o.sign("c2", downlink.OpNotice, `{"zh":"今晚 23:00 起维护","en":"Maintenance from 23:00","until":1}`, nil))
	assert.Equal(t, wire.Rejected, o.hearsAck("c2").State, "a notice wants its own key")
	o.publish(o.sign("c3", downlink.OpSet, `{"log":"debug"}`, nil))
	assert.Equal(t, wire.Done, o.hearsAck("c3").State)
	o.publish(o.sign("c4", downlink.OpMute, fmt.Sprintf(`{"what":"display","until":%d}`, time.Now().Add(time.Hour).Unix()), nil))
	assert.Equal(t, wire.Done, o.hearsAck("c4").State)
	daemon.until("the display is muted", func(s wire.Snapshot) bool { return s.Told != nil && s.Told.DisplayMutedUntil != "" })

	t.Log("what is refused, an event each")
	o.publish(first)
	assert.True(t, o.hearsAck("c1").Again, "the kept result, and nothing is done again")
	for _, row := range []struct {
		envelope []byte
		want     downlink.Reason
	}{
		{o.sign("r1", downlink.OpSnapshot, "", func(b *downlink.Body) { b.Seq = 2; o.seq-- }), downlink.OutOfOrder},
		{o.sign("r2", downlink.OpSnapshot, "", func(b *downlink.Body) { b.NotBefore, b.Expires = 1, 2 }), downlink.Expired},
		{o.sign("r3", downlink.OpSnapshot, "", func(b *downlink.Body) { b.NotBefore += 86400; b.Expires += 86400 }), downlink.NotYet},
		{o.sign("r4", downlink.OpRotate, "", nil), downlink.UnsafeNow},
		{o.sign("r5", "reboot", "", nil), downlink.UnknownOp},
		{o.forged(), downlink.UnknownKey},
		{append(first[:70:70], '!'), downlink.BadSignature},
		{first[:40], downlink.Malformed},
		{[]byte(strings.Repeat("garbage ", 1000)), downlink.UnknownKey},
		{make([]byte, 20<<10), downlink.TooLarge},
		{make([]byte, 1<<20), downlink.TooLarge}, // ends the link, which comes back
	} {
		o.publish(row.envelope)
		o.hearsRefusal(row.want)
	}
	o.publish(o.sign("c5", downlink.OpProbe, `{"kinds":["tcp"]}`, nil))
	assert.Equal(t, wire.Done, o.hearsAck("c5").State, "and it still obeys")

	t.Log("killed and started anew, it remembers")
	daemon.stop()
	daemon = o.start()
	daemon.until("it is back, and muted as before", func(s wire.Snapshot) bool { return s.Told != nil && s.Told.DisplayMutedUntil != "" && allClear(s) })
	o.publish(first)
	assert.True(t, o.hearsAck("c1").Again)
	daemon.stop()
}

// forged is signed by somebody else.
func (o *office) forged() []byte {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	sealed, err := downlink.Seal(key, commands, []byte(`{"id":"x","dst":"T0000001","seq":99,"nbf":1,"exp":99999999999,"op":"snapshot"}`))
	require.NoError(o.t, err)
	return sealed
}
