package radio

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

const (
	simFile    = "sim"
	maxSIMFile = 1 << 10

	// simEvery: a SIM is changed with the terminal in hand; the subscriptions' dump is asked once an hour.
	simEvery = time.Hour

	// simAccepted: a SIM that has been in use for a week was put there on purpose.
	simAccepted = 7 * 24 * time.Hour

	// clockSet is the first year in which a clock that is right can have seen this agent. Who takes the battery out to change
	// the SIM resets many a clock: the week does not begin before it is set again.
	clockSet = 2026

	simDigits = 32 // of the key and of a hash, in hexadecimal
)

// SIMs knows whether the SIM is still one of those that were there when the agent was installed. It knows a SIM only by a
// hash that is keyed by a secret of this install; neither leaves the state folder.
type SIMs struct {
	Terminal *terminal.Terminal
	StateDir string                           // "": nothing is known of before
	Write    func(file, content string) error // nil: nothing is kept, and a SIM never seen before cannot be told from another
	Now      func() time.Time                 // nil: time.Now
	Boottime func() time.Duration             // nil: [terminal.Boottime]

	slot    int // that was asked about
	asked   time.Duration
	changed bool
	err     error
}

// kept is what the file holds: the key, the hashes of the SIMs that belong here (two slots may take turns), and where another
// was seen, its hash and since when.
type kept struct {
	key   string
	own   string // hashes between commas
	other string
	since time.Time
}

// Changed tells whether another SIM than before is in a slot. It asks Android once an hour, and when it is another slot.
func (s *SIMs) Changed(ctx context.Context, slot int) (bool, error) {
	now := s.boottime()
	if s.asked != 0 && now-s.asked < simEvery && s.slot == slot {
		return s.changed, s.err
	}
	s.slot = slot
	s.changed, s.err = s.look(ctx, slot)
	if terminal.ReasonOf(s.err) != probes.Cancelled {
		s.asked = now
	}
	return s.changed, s.err
}

func (s *SIMs) look(ctx context.Context, slot int) (bool, error) {
	all, err := terminal.First(ctx, s.Terminal, "sim-change", terminal.Dumped(s.Terminal, dump.ParseSubscriptions, "dumpsys", "isub"))
	if err != nil {
		return false, err
	}
	var present []string
	this := ""
	for _, sub := range all {
		if sub.ICCID == "" {
			continue
		}
		present = append(present, sub.ICCID)
		if sub.Slot == slot {
			this = sub.ICCID
		}
	}
	if this != "" {
		return s.compare(this, present), nil
	}
	err = &terminal.Error{What: "dumpsys isub", Reason: probes.Denied, Err: errors.New("this Android does not show which SIM it is")}
	s.Terminal.Note("sim-change", "dumpsys isub", err)
	return false, err
}

// compare hashes the SIM's number and holds it against what is kept. All that are present belong here from then on, when the
// first is seen or another was accepted.
func (s *SIMs) compare(this string, present []string) bool {
	k := s.read()
	if k.key == "" {
		secret := make([]byte, simDigits/2)
		_, _ = rand.Read(secret) // never fails: the runtime stops the program instead
		k = kept{key: hex.EncodeToString(secret)}
	}
	hash := k.hash(this)
	now := s.now()
	before := k
	switch {
	case k.own == "", k.other == hash && now.Sub(k.since) > simAccepted:
		var own []string
		for _, iccid := range present {
			own = append(own, k.hash(iccid))
		}
		k = kept{key: k.key, own: strings.Join(own, ",")}
	case k.has(hash):
		k.other, k.since = "", time.Time{}
	case now.Year() < clockSet:
	case k.other != hash, k.since.After(now):
		k.other, k.since = hash, now
	}
	if k != before && s.Write != nil && s.StateDir != "" {
		// Flash that cannot be written is the storage probe's to tell.
		_ = s.Write(filepath.Join(s.StateDir, simFile), k.String())
	}
	return !k.has(hash)
}

func (k kept) hash(iccid string) string {
	mac := hmac.New(sha256.New, []byte(k.key))
	_, _ = mac.Write([]byte(iccid)) // a hash never fails to take bytes
	return hex.EncodeToString(mac.Sum(nil)[:simDigits/2])
}

func (k kept) has(hash string) bool { return slices.Contains(strings.Split(k.own, ","), hash) }

func (k kept) String() string {
	text := k.key + " " + k.own
	if k.other != "" {
		text += " " + k.other + " " + k.since.UTC().Format(time.RFC3339)
	}
	return text
}

// read gives what is kept; nothing where the file is missing or damaged: then what is there now belongs here.
func (s *SIMs) read() kept {
	if s.StateDir == "" {
		return kept{}
	}
	content, err := terminal.ReadSmall(filepath.Join(s.StateDir, simFile), maxSIMFile)
	fields := strings.Fields(string(content))
	if err != nil || len(fields) != 2 && len(fields) != 4 {
		return kept{}
	}
	k := kept{key: fields[0], own: fields[1]}
	for _, hash := range append(strings.Split(k.own, ","), k.key) {
		if _, err := hex.DecodeString(hash); err != nil || len(hash) != simDigits {
			return kept{}
		}
	}
	if len(fields) == 4 {
		since, err := time.Parse(time.RFC3339, fields[3])
		if err == nil {
			k.other, k.since = fields[2], since
		}
	}
	return k
}

func (s *SIMs) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

func (s *SIMs) boottime() time.Duration {
	if s.Boottime != nil {
		return s.Boottime()
	}
	return terminal.Boottime()
}
