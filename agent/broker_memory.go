package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"

	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/transport/mqtt"
)

const (
	// brokerFile in the state folder holds what was learned of the brokers and of the networks that lead to them.
	brokerFile = "broker"
	// maxBrokerFile is more than it ever has, in bytes: five brokers with four addresses each, and eight networks.
	maxBrokerFile = 16 << 10

	mostKnownBrokers   = 5 // as the configuration may name
	mostKnownAddresses = 4 // of a broker; a cluster has more, and any of them will do
	mostKnownNetworks  = 8 // a terminal on the road sees a handful; the one that was met first goes first
	maxNetworkKey      = 32
	maxBrokerKey       = 512 + 1 + 512 // as the configuration allows of its address and of a proxy's
	maxCertificate     = 64            // a SHA-256 in hex
)

// brokerMemory is what outlasts a start. What is in it was true once: it saves bytes and time and is believed in nothing else.
type brokerMemory struct {
	Brokers  []knownBroker  `json:"brokers,omitempty"`
	Networks []knownNetwork `json:"networks,omitempty"` // in the order in which they were met
}

// knownBroker is a broker, by its address in the configuration and the proxy before it.
type knownBroker struct {
	Broker    string       `json:"broker"`
	Addresses []netip.Addr `json:"addresses,omitempty"` // where it was reached, or its proxy; the newest first
	Thrift    mqtt.Thrift  `json:"tls"`
}

// knownNetwork is a network, by a word for it.
type knownNetwork struct {
	Network string      `json:"network"`
	Rhythm  mqtt.Rhythm `json:"keepalive"`
}

// readBrokerMemory reads what was kept. What is damaged is forgotten, and learned again; the error says so.
func readBrokerMemory(dir string) (brokerMemory, error) {
	file := filepath.Join(dir, brokerFile)
	b, err := terminal.ReadSmall(file, maxBrokerFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return brokerMemory{}, nil
	case err == nil && !json.Valid(b):
		err = errDamaged
	}
	if err != nil {
		return brokerMemory{}, fmt.Errorf("cannot read %s: %w", file, err)
	}
	return parseBrokerMemory(b), nil
}

func parseBrokerMemory(b []byte) brokerMemory {
	var m brokerMemory
	if json.Unmarshal(b, &m) != nil {
		return brokerMemory{}
	}
	m.Brokers = slices.DeleteFunc(m.Brokers, func(k knownBroker) bool {
		return !plain(k.Broker, maxBrokerKey) || len(k.Thrift.Certificate) > maxCertificate || !plain("x"+k.Thrift.Certificate, maxCertificate+1)
	})
	m.Brokers = m.Brokers[:min(len(m.Brokers), mostKnownBrokers)]
	for i := range m.Brokers {
		k := &m.Brokers[i]
		k.Addresses = slices.DeleteFunc(k.Addresses, func(a netip.Addr) bool { return !a.IsValid() || a.IsUnspecified() || a.Zone() != "" })
		k.Addresses = k.Addresses[:min(len(k.Addresses), mostKnownAddresses)]
	}
	m.Networks = slices.DeleteFunc(m.Networks, func(k knownNetwork) bool { return !plain(k.Network, maxNetworkKey) })
	m.Networks = m.Networks[max(0, len(m.Networks)-mostKnownNetworks):]
	return m
}

// plain: what we write ourselves, printable ASCII.
func plain(s string, most int) bool {
	return s != "" && len(s) <= most && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// text is the file's content; empty where nothing is known.
func (m brokerMemory) text() string {
	b, err := json.Marshal(m)
	if err != nil {
		return "" // numbers and texts can always be written
	}
	return string(b)
}

// broker is what is known of one.
func (m *brokerMemory) broker(address string) knownBroker {
	if i := m.index(address); i >= 0 {
		return m.Brokers[i]
	}
	return knownBroker{Broker: address}
}

func (m *brokerMemory) index(address string) int {
	return slices.IndexFunc(m.Brokers, func(k knownBroker) bool { return k.Broker == address })
}

// learnBroker keeps what is known of a broker now; one of whom the configuration no longer speaks makes room.
func (m *brokerMemory) learnBroker(k knownBroker, configured []string) {
	m.Brokers = slices.DeleteFunc(m.Brokers, func(old knownBroker) bool { return !slices.Contains(configured, old.Broker) })
	if i := m.index(k.Broker); i >= 0 {
		m.Brokers[i] = k
		return
	}
	m.Brokers = append(m.Brokers, k)
}

// met puts a new address first. One that is known stays where it is: a cluster whose addresses take turns would write to flash for
// nothing.
func (k knownBroker) met(a netip.Addr) knownBroker {
	if a = a.WithZone(""); a.IsValid() && !a.IsUnspecified() && !slices.Contains(k.Addresses, a) {
		k.Addresses = append([]netip.Addr{a}, k.Addresses[:min(len(k.Addresses), mostKnownAddresses-1)]...)
	}
	return k
}

// network is what is known of one.
func (m *brokerMemory) network(key string) mqtt.Rhythm {
	for _, k := range m.Networks {
		if k.Network == key {
			return k.Rhythm
		}
	}
	return mqtt.Rhythm{}
}

func (m *brokerMemory) learnNetwork(key string, r mqtt.Rhythm) {
	if i := slices.IndexFunc(m.Networks, func(old knownNetwork) bool { return old.Network == key }); i >= 0 {
		m.Networks[i].Rhythm = r
		return
	}
	m.Networks = append(m.Networks, knownNetwork{key, r})
	m.Networks = m.Networks[max(0, len(m.Networks)-mostKnownNetworks):]
}
