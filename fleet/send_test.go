package fleet_test

import (
	"context"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/fleet"
	"github.com/poshealth/poshealth/transport/downlink"
	"github.com/poshealth/poshealth/transport/wire"
)

// A configuration waits at the broker for a terminal that is away; the terminal's words are told until the last one.
func TestSendToATerminalThatIsAway(t *testing.T) {
	m := startMosquitto(t, "")
	key, _ := newKey(t, downlink.ForDesired)
	signed, err := key.Sign(fleet.Order{Tenant: "shop", Dst: "T1", Op: "desired", ID: "d1", Args: `{"version":1,"config":""}`}, time.Now())
	require.NoError(t, err)

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var mu sync.Mutex
	var told []string
	ended := make(chan error, 1)
	var last wire.Ack
	go func() {
		var err error
		last, err = fleet.Send(ctx, fleet.Options{Broker: "tls://" + m.tls, CAFile: m.ca}, signed, func(terminal string, a wire.Ack) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, terminal+" "+a.State)
		})
		ended <- err
	}()

	terminal := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + m.tcp).SetClientID("T1").SetProtocolVersion(4))
	came := make(chan []byte, 1)
	token := terminal.Connect()
	require.True(t, token.WaitTimeout(patience))
	require.NoError(t, token.Error())
	defer terminal.Disconnect(100)
	token = terminal.Subscribe(signed.Topic, 1, func(_ paho.Client, m paho.Message) { came <- m.Payload() })
	require.True(t, token.WaitTimeout(patience))
	assert.Equal(t, signed.Envelope, <-came)
	say := func(body string) {
		token := terminal.Publish("pos/v1/shop/T1/ack", 1, false, body)
		require.True(t, token.WaitTimeout(patience))
	}
	say(`{"schema":1,"id":"another","state":"done"}`)
	say(`not JSON`)
	say(`{"schema":1,"id":"d1","state":"running"}`)
	say("{\"schema\":1,\"id\":\"d1\",\"state\":\"failed\",\"reason\":\"not-done\",\"detail\":\"a\\u001b[2Jb\"}")
	require.NoError(t, <-ended)
	assert.Equal(t, []string{"T1 running", "T1 failed"}, told)
	assert.Equal(t, "ab", last.Detail, "what would move a cursor is taken out")
	terminal.Disconnect(100)

	stop()
	_, err = fleet.Send(ctx, fleet.Options{Broker: "tcp://" + m.tcp}, signed, nil)
	require.ErrorIs(t, err, fleet.ErrNoAnswer)
	_, err = fleet.Send(t.Context(), fleet.Options{Broker: "tcp://" + m.tcp}, fleet.Signed{Topic: "x"}, nil)
	assert.ErrorContains(t, err, "no topic of commands")
}
