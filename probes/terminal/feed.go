package terminal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"sync"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// FeedSource is what a way that reads what an app told is called.
const FeedSource = "feed"

// FeedVersion is the version of the form of [Facts].
const FeedVersion = 1

const (
	// feedValid: an app that feeds tells all it knows every few minutes, and at once when something changes. What is
	// older than two of its periods may not hold any more.
	feedValid = 10 * time.Minute

	// MaxFacts bounds one telling in bytes; a dual-SIM terminal with three networks has 2 kB.
	MaxFacts = 64 << 10
)

// Facts are what only Java can know where Android's programs do not answer an app: TelephonyManager, ConnectivityManager,
// WifiManager, BatteryManager, PackageManager, Settings. Each part that is given replaces what was told of it before; a part
// that is left out stays as it was (docs/reference/feed.md).
type Facts struct {
	Version      int                `json:"version"` // [FeedVersion]
	Telephony    *dump.Telephony    `json:"telephony,omitempty"`
	SIMs         *[]dump.SIMState   `json:"sims,omitempty"` // by slot
	Connectivity *dump.Connectivity `json:"connectivity,omitempty"`
	WiFi         *dump.WiFi         `json:"wifi,omitempty"`
	Battery      *dump.Battery      `json:"battery,omitempty"`
	Settings     *map[string]string `json:"settings,omitempty"` // Settings.Global by its names: airplane_mode_on, auto_time ...
	Package      *dump.Package      `json:"package,omitempty"`  // the payment app, from PackageManager
	Payment      *Payment           `json:"payment,omitempty"`  // the payment app, by its own word
}

// Payment is what the payment app is doing.
type Payment struct {
	Busy *bool `json:"busy"` // a sale, a reversal or a settlement is under way; nil: not told
}

// ParseFacts reads what an app tells, strictly: an unknown field, a wrong type or an impossible value is refused with its
// name, and then nothing of it is taken. No field can hold what names a SIM, a radio, a person or a Wi-Fi network, and every
// text is bounded.
func ParseFacts(body []byte) (Facts, error) {
	if len(body) > MaxFacts {
		return Facts{}, fmt.Errorf("%d bytes, want at most %d", len(body), MaxFacts)
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	var f Facts
	if err := decoder.Decode(&f); err != nil {
		// It may repeat the name of a field whole, and that is another's text.
		return Facts{}, fmt.Errorf("want one JSON object as in docs/reference/feed.md: %s", Printable(jsonFault(err).Error(), probes.MaxDetail))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Facts{}, errors.New("something follows the JSON object")
	}
	if f.Version == 0 {
		return Facts{}, fmt.Errorf("version: missing, want %d", FeedVersion)
	}
	if f.Version != FeedVersion {
		return Facts{}, fmt.Errorf("version: got %d, want %d", f.Version, FeedVersion)
	}
	if err := f.fault(); err != nil {
		return Facts{}, err
	}
	return f, nil
}

// Feed holds what an app told last, part by part.
type Feed struct {
	boottime func() time.Duration

	mu           sync.Mutex
	telephony    told[dump.Telephony]
	sims         told[[]dump.SIMState]
	connectivity told[dump.Connectivity]
	wifi         told[dump.WiFi]
	battery      told[dump.Battery]
	settings     told[map[string]string]
	pkg          told[dump.Package]
	payment      told[Payment]
}

// told is one part, and when it was told.
type told[T any] struct {
	value *T
	at    time.Duration // by the boot clock
}

func (p *told[T]) put(value *T, now time.Duration) {
	if value != nil {
		p.value, p.at = value, now
	}
}

func (p *told[T]) fresh(now time.Duration) *T {
	if now-p.at > feedValid {
		return nil
	}
	return p.value
}

// Feed is what an app tells of this terminal.
func (t *Terminal) Feed() *Feed { return &t.feed }

// Tell takes facts in, and gives the kinds of probes that what is told anew concerns. A signal that moved is not news: it does
// so at every telling.
func (f *Feed) Tell(facts Facts) []string {
	now := f.boottime()
	f.mu.Lock()
	defer f.mu.Unlock()
	var kinds []string
	for _, part := range [...]struct {
		kind string
		news bool
	}{
		{"network", news(f.connectivity.fresh(now), facts.Connectivity)},
		{"mobile", news(f.sims.fresh(now), facts.SIMs)},
		{"switches", news(f.settings.fresh(now), facts.Settings)},
		{"app", news(f.pkg.fresh(now), facts.Package)},
		{"wifi", newWiFi(f.wifi.fresh(now), facts.WiFi)},
		{"battery", newBattery(f.battery.fresh(now), facts.Battery)},
	} {
		if part.news {
			kinds = append(kinds, part.kind)
		}
	}
	f.telephony.put(facts.Telephony, now)
	f.sims.put(facts.SIMs, now)
	f.connectivity.put(facts.Connectivity, now)
	f.wifi.put(facts.WiFi, now)
	f.battery.put(facts.Battery, now)
	f.settings.put(facts.Settings, now)
	f.pkg.put(facts.Package, now)
	f.payment.put(facts.Payment, now)
	return kinds
}

// newWiFi is news of Wi-Fi but for its signal and speed.
func newWiFi(before, told *dump.WiFi) bool {
	if before == nil || told == nil {
		return told != nil
	}
	return news(&dump.WiFi{Enabled: before.Enabled, Connected: before.Connected}, &dump.WiFi{Enabled: told.Enabled, Connected: told.Connected})
}

// newBattery is news of the battery: a charger came or went, or the level is another by this much.
func newBattery(before, told *dump.Battery) bool {
	const much = 5
	if before == nil || told == nil || before.Level == nil || told.Level == nil {
		return told != nil
	}
	return math.Abs(*before.Level-*told.Level) >= much || news(before.Charging, told.Charging)
}

// news tells whether something is told that was not known.
func news[T any](before, told *T) bool {
	return told != nil && (before == nil || !reflect.DeepEqual(*before, *told))
}

// current is what was told lately.
func (f *Feed) current() Facts {
	now := f.boottime()
	f.mu.Lock()
	defer f.mu.Unlock()
	return Facts{
		Version: FeedVersion, Telephony: f.telephony.fresh(now), SIMs: f.sims.fresh(now), Connectivity: f.connectivity.fresh(now),
		WiFi: f.wifi.fresh(now), Battery: f.battery.fresh(now), Settings: f.settings.fresh(now), Package: f.pkg.fresh(now),
	}
}

// idleValid: who was idle a minute ago may sell now. An app that lets others speak to its host tells twice a minute that
// they may.
const idleValid = 30 * time.Second

// PaymentIdle tells whether the payment app is idle, and whether that is known: it must have said so in the last 30 s.
func (f *Feed) PaymentIdle() (idle, known bool) {
	now := f.boottime()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.payment.value == nil || f.payment.value.Busy == nil || now-f.payment.at > idleValid {
		return false, false
	}
	return !*f.payment.value.Busy, true
}

// FromFeed is the way that reads what an app told.
func FromFeed[T any](t *Terminal, pick func(*Facts) *T) Way[T] {
	return Way[T]{Source: FeedSource, Read: func(context.Context) (T, error) {
		facts := t.feed.current()
		if got := pick(&facts); got != nil {
			return *got, nil
		}
		var none T
		return none, &Error{What: "the local feed", Reason: probes.Absent, Err: errors.New("no app has told it in the last 10 minutes")}
	}}
}
