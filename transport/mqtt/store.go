package mqtt

import (
	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
)

// noStore is the library's store, and keeps nothing. The outbox is the only truth about what is still to be sent; and a store
// that keeps what comes in grows without bound when a broker sends what nobody asked for.
type noStore struct{}

var _ paho.Store = noStore{}

// Open does nothing.
func (noStore) Open() {}

// Put forgets.
func (noStore) Put(string, packets.ControlPacket) {}

// Get finds nothing.
func (noStore) Get(string) packets.ControlPacket { return nil }

// All is empty.
func (noStore) All() []string { return nil }

// Del does nothing.
func (noStore) Del(string) {}

// Close does nothing.
func (noStore) Close() {}

// Reset does nothing.
func (noStore) Reset() {}
