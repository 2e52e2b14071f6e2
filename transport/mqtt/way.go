package mqtt

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"net/netip"
)

// Way is how a broker was reached.
type Way struct {
	Broker      string     // address without credentials
	Address     netip.Addr // that was connected to: the broker's, or the proxy's
	Remembered  bool       // the address was not looked up: nobody could tell
	Resumed     bool       // TLS went on with an earlier session
	Certificate string     // the broker's own, as the SHA-256 of it in hex; of the earlier session where that was resumed. Empty: no TLS
}

func (w *Way) note(s tls.ConnectionState) {
	w.Resumed = s.DidResume
	if len(s.PeerCertificates) > 0 {
		sum := sha256.Sum256(s.PeerCertificates[0].Raw)
		w.Certificate = hex.EncodeToString(sum[:])
	}
}
