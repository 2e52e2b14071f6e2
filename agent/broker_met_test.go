package agent

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/transport/mqtt"
)

// TestWhatTheFleetSaysIsNotHeard: a broker that lets a terminal report and not listen, and a flood of commands, are told to whoever
// looks at the reporting.
func TestWhatTheFleetSaysIsNotHeard(t *testing.T) {
	addr, door, _ := testBroker(t, nil)
	r := newBrokerRig(t, t.TempDir(), config.MQTT{Broker: "tcp://" + addr})
	listening := func(o *mqtt.Options) {
		o.Subscribe = []mqtt.Topic{{Name: "command", QoS: 1}, {Name: "receipt"}}
		o.Receive = func(string, []byte) {}
	}
	_, err := r.link(listening)
	require.NoError(t, err)
	assert.Equal(t, "connected to the broker", r.observed().Detail)
	assert.NotContains(t, r.log.String(), "hear")

	door.mute.Store("command")
	_, err = r.link(listening)
	require.NoError(t, err)
	told := r.observed()
	assert.Equal(t, "connected to the broker; mqtt: the broker refuses the topic command: check what it allows this terminal", told.Detail)
	assert.Equal(t, "refused", told.Fact("hearing"))
	assert.Contains(t, r.log.String(), "hear only in part")

	door.mute.Store("")
	release := make(chan struct{})
	o := mqtt.Options{ClientID: "T1", Topics: mqtt.Topics{State: "s", Pulse: "p", Change: "c", History: "y"}, Birth: []byte("here"), Will: []byte("gone")}
	fleet := o
	fleet.ClientID = "fleet"
	listening(&o)
	o.Receive = func(string, []byte) { <-release }
	l, err := r.dial(t.Context(), o)
	require.NoError(t, err)
	fleet.Broker = "tcp://" + addr
	says, err := mqtt.Dial(t.Context(), fleet)
	require.NoError(t, err)
	for range 200 {
		require.NoError(t, says.Publish(t.Context(), "receipt", false, []byte("up to 7")))
	}
	require.Eventually(t, func() bool { return l.Unheard() >= 200-128-1 }, time.Minute, 10*time.Millisecond)
	told = r.observed()
	assert.Contains(t, told.Detail, "there was no room for ")
	assert.Contains(t, told.Detail, "send it again")
	at := slices.IndexFunc(told.Readings, func(r probes.Reading) bool { return r.Name == "unheard" })
	require.NotEqual(t, -1, at)
	assert.InDelta(t, 200-128-1, told.Readings[at].Value, 1, "one may not have been taken yet when the inbox was full")
	close(release)
	require.NoError(t, says.Close())
	require.NoError(t, l.Close())
	r.watching.Wait()
}
