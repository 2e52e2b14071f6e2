package mqtt_test

import (
	"context"
	"fmt"
	"time"

	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/mqtt"
)

func ExampleDial() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	link, err := mqtt.Dial(ctx, mqtt.Options{
		Broker:   "tls://broker.example:8883",
		ClientID: "T0000001",
		Topics: mqtt.Topics{
			State:  "pos/v1/demo/T0000001/state",
			Pulse:  "pos/v1/demo/T0000001/health",
			Change: "pos/v1/demo/T0000001/event", History: "pos/v1/demo/T0000001/history",
		},
		Birth: []byte(`{"schema":1,"online":true,"epoch":42,"terminal":"T0000001"}`),
		Will:  []byte(`{"schema":1,"online":false,"epoch":42,"terminal":"T0000001"}`),
	})
	if err != nil {
		fmt.Println(err) // broker tls://broker.example:8883: cannot resolve its name: ...
		return
	}
	defer func() { _ = link.Close() }()
	if err := link.Send(ctx, transport.Message{Seq: 1, Class: transport.Pulse, Body: []byte("{}")}); err != nil {
		fmt.Println(err) // this link is spent: send it again on the next
	}
}
