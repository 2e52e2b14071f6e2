package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/poshealth/poshealth/transport"
)

const (
	// defaultKeepAlive: the shortest idle limit seen on a mobile operator's address translation is 4.5 min. 240 s stays
	// below it and costs 1.9 MB in 30 days.
	defaultKeepAlive = 240 * time.Second
	// The keep-alive is whole seconds in 16 bits; 0 would switch it off, and with it the only sign of life of an idle link.
	leastKeepAlive = time.Second
	mostKeepAlive  = 65535 * time.Second

	// defaultSendTimeout: TCP repeats a lost segment after about 1, 3, 7 and 15 s. 30 s lets it mend four losses in a row
	// before a new connection, at 3.6 kB, is the cheaper way.
	defaultSendTimeout = 30 * time.Second

	// mostString is what the 16 bits of a length in MQTT hold; the library cuts off the rest without a word.
	mostString = 65535
)

// Topic is one that a terminal hears.
type Topic struct {
	Name string // exact
	QoS  byte   // 0: may be lost; 1: acknowledged to the broker once Receive has returned
}

// Topics are where a terminal speaks. None may hold a wildcard.
type Topics struct {
	State   string // retained: birth, will, goodbye
	Pulse   string
	Change  string
	History string
}

func (t Topics) of(c transport.Class) string {
	switch c {
	case transport.Change:
		return t.Change
	case transport.History:
		return t.History
	case transport.Pulse:
	}
	return t.Pulse
}

// Options say which broker, as whom, and what to say of oneself. Broker, ClientID, Topics, Birth and Will must be given.
type Options struct {
	Broker   string // tcp://host:port, tls://, ws:// or wss://host:port/path; the ports default to 1883, 8883, 80, 443
	ClientID string
	Username string
	Password string // never part of an error's text

	// TLS holds roots, client certificate and, where the local clock is not to be trusted, Time. It is cloned. What is unset is
	// set here: ServerName to the broker's host, MinVersion to 1.2, CurvePreferences to X25519 and, for brokers that have no
	// other, P-256: the post-quantum share would add 2.4 kB to each handshake; NextProtos to "mqtt" on port 443. nil: the platform's
	// roots.
	TLS *tls.Config

	// KeepAlive is the time without traffic after which the link is probed; whole seconds, 1 s to 65535 s, default 240 s. A dead
	// idle link is noticed 30 to 35 s later.
	KeepAlive time.Duration

	Topics    Topics
	Subscribe []Topic // what to hear; at most 8. A broker that refuses one is no reason not to report: see [Link.Refused]
	// Receive gets what is said on these topics, in order, from one goroutine of the link, which waits for it; it may publish. It
	// may be called before Dial has returned to its caller, and not after the link has ended. body is the callee's. Bodies are of
	// 16 KiB at most, and 128 messages of 64 KiB together wait; what is beyond that is counted, see [Link.Unheard].
	Receive     func(topic string, body []byte)
	Birth, Will []byte // bodies of the state topic: published when connected; left with the broker for when the link dies

	// Resolve finds a host's addresses, in the order in which to try them, and returns soon after ctx ends; nil: the platform's resolver.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)

	// Remembered are addresses that were good, tried where Resolve fails. Who answers there is judged by its name as ever.
	Remembered []netip.Addr

	// Proxy is an HTTP proxy, http://host:port, that is asked to CONNECT to the broker and resolves its name; empty: none.
	Proxy      string
	ProxyLogin string // user:password for it; never part of an error's text

	// SendTimeout is how long to wait for the broker's acknowledgement of a message; default 30 s.
	SendTimeout time.Duration

	limits limits
}

// limits are the bounds that nobody needs to set; tests shorten them.
type limits struct {
	dial       time.Duration // resolving, connecting, TLS, CONNACK and birth together
	write      time.Duration // one write
	ping       time.Duration // answer to a keep-alive
	silence    time.Duration // sent data not acknowledged by the far side's TCP
	goodbye    time.Duration // acknowledgement of the goodbye
	disconnect time.Duration // writing of DISCONNECT
}

func defaultLimits() limits {
	return limits{
		dial:       45 * time.Second,        // twelve round trips of 2 s (GPRS in a cellar) and three losses
		write:      10 * time.Second,        // a write returns once the kernel has room: 10 s without room is a dead path
		ping:       30 * time.Second,        // as SendTimeout: the same network answers
		silence:    60 * time.Second,        // above the other limits, so that they speak first; the kernel's own is 15 min of paid retransmissions
		goodbye:    1500 * time.Millisecond, // with disconnect within the 2 s that stopping may take
		disconnect: 250 * time.Millisecond,
	}
}

// target is a broker's address, taken apart.
type target struct {
	scheme, host, port string
	path               string // and query; websocket only
}

// String is the address without credentials.
func (t target) String() string {
	return t.scheme + "://" + net.JoinHostPort(t.host, t.port) + t.path
}

func (t target) encrypted() bool { return t.scheme == "tls" || t.scheme == "wss" }
func (t target) websocket() bool { return t.scheme == "ws" || t.scheme == "wss" }

// check fills in defaults and refuses what cannot work, all faults at once. o is a copy.
func (o Options) check() (Options, target, error) {
	to, err := parseBroker(o.Broker)
	faults := []error{err}
	fault := func(wrong bool, format string, a ...any) {
		if wrong {
			faults = append(faults, fmt.Errorf("mqtt: "+format, a...))
		}
	}
	if o.KeepAlive == 0 {
		o.KeepAlive = defaultKeepAlive
	}
	if o.SendTimeout == 0 {
		o.SendTimeout = defaultSendTimeout
	}
	if o.limits == (limits{}) {
		o.limits = defaultLimits()
	}
	fault(o.KeepAlive < leastKeepAlive || o.KeepAlive > mostKeepAlive || o.KeepAlive%time.Second != 0,
		"keep-alive %v: want whole seconds from %v to %v", o.KeepAlive, leastKeepAlive, mostKeepAlive)
	fault(o.SendTimeout < 0, "send timeout %v: want more than 0", o.SendTimeout)
	fault(!goodString(o.ClientID), "client id %q: want 1 to %d bytes of text", shorten(o.ClientID), mostString)
	fault(o.Username != "" && !goodString(o.Username), "username: want at most %d bytes of text", mostString)
	fault(o.Password != "" && o.Username == "", "there is a password and no username: give both, or neither")
	fault(len(o.Password) > mostString, "password: want at most %d bytes", mostString)
	for _, topic := range []string{o.Topics.State, o.Topics.Pulse, o.Topics.Change, o.Topics.History} {
		fault(!goodTopic(topic), "topic %q: want text without + and #", shorten(topic))
	}
	fault(len(o.Subscribe) > mostTopics, "%d topics to hear: want at most %d", len(o.Subscribe), mostTopics)
	fault(len(o.Subscribe) > 0 && o.Receive == nil, "there are topics to hear and nobody to receive")
	for _, topic := range o.Subscribe {
		fault(!goodTopic(topic.Name), "topic %q: want text without + and #", shorten(topic.Name))
		fault(topic.QoS > atLeastOnce, "topic %q: want quality of service 0 or 1", shorten(topic.Name))
	}
	if _, err := o.proxy(); err != nil {
		faults = append(faults, err)
	}
	fault(len(o.Birth) == 0 || len(o.Birth) > transport.MaxBody, "birth has %d bytes: want 1 to %d", len(o.Birth), transport.MaxBody)
	fault(len(o.Will) == 0 || len(o.Will) > mostString, "will has %d bytes: want 1 to %d", len(o.Will), mostString)
	return o, to, errors.Join(faults...)
}

// parseBroker takes the address apart. Its errors never show what stands before an @.
func parseBroker(s string) (target, error) {
	const want = "want tcp://host:port, tls://host:port, ws://host:port/path or wss://host:port/path"
	u, err := url.Parse(s)
	switch {
	case err != nil, u.Hostname() == "":
		return target{}, errors.New("mqtt: the broker's address cannot be understood: " + want)
	case u.User != nil:
		return target{}, errors.New("mqtt: the broker's address holds credentials: give them as username and password")
	}
	ports := map[string]string{"tcp": "1883", "tls": "8883", "ws": "80", "wss": "443"}
	to := target{scheme: u.Scheme, host: u.Hostname(), port: u.Port()}
	if to.port == "" {
		to.port = ports[u.Scheme]
	}
	switch {
	case ports[u.Scheme] == "":
		return target{}, fmt.Errorf("mqtt: broker's scheme %q is not known: %s", shorten(u.Scheme), want)
	case to.websocket():
		to.path = u.RequestURI()
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "":
		return target{}, fmt.Errorf("mqtt: the broker's address has a path, which only ws and wss have: %s", want)
	}
	return to, nil
}

// goodTopic: one that can be published on.
func goodTopic(s string) bool { return goodString(s) && !strings.ContainsAny(s, "+#") }

// goodString: what MQTT 3.1.1 allows as text, and not empty.
func goodString(s string) bool {
	return s != "" && len(s) <= mostString && utf8.ValidString(s) && !strings.ContainsRune(s, 0)
}

func shorten(s string) string {
	if len(s) > 64 {
		return s[:64] + "..."
	}
	return s
}
