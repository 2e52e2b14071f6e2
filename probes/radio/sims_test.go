package radio_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/radio"
	"github.com/poshealth/poshealth/probes/terminal"
)

// Three cards, as Android 5 to 9 show their numbers to the system.
const (
	card1 = "89860012345678901234"
	card2 = "89860098765432109876"
	card3 = "89860055555555555555"
)

// isub is what Android lists: a card a slot, "" for an empty one.
func isub(cards ...string) string {
	var b strings.Builder
	b.WriteString("SubscriptionController:\n defaultDataSubId=1\n ActiveSubInfoList:\n")
	for slot, card := range cards {
		if card != "" {
			fmt.Fprintf(&b, "  {id=%d iccId=%s simSlotIndex=%d displayName=Shop carrierName=Example mcc=460 mnc=00 x}\n", slot+1, card, slot)
		}
	}
	return b.String() + "++++++++++++++++\n AllSubInfoList:\n"
}

// till is a terminal with SIMs, clocks that a test sets, and a state folder that counts what is written.
type till struct {
	t         *testing.T
	root, dir string
	wall      time.Time
	boot      time.Duration
	writes    int
	sims      *radio.SIMs
	term      *terminal.Terminal
}

func newTill(t *testing.T) *till {
	t.Helper()
	s := &till{t: t, root: t.TempDir(), dir: t.TempDir(), wall: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), boot: time.Hour}
	put(t, s.root, "system/bin/getprop", "#!/bin/sh\necho '[gsm.sim.state]: [READY,READY]'\n")
	s.restart()
	return s
}

// restart is the agent's.
func (s *till) restart() {
	s.term = terminal.Open(s.root)
	s.sims = &radio.SIMs{
		Terminal: s.term, StateDir: s.dir, Now: func() time.Time { return s.wall }, Boottime: func() time.Duration { return s.boot },
		Write: func(file, content string) error {
			s.writes++
			return os.WriteFile(file, []byte(content+"\n"), 0o600)
		},
	}
}

// later puts cards in, and lets time pass.
func (s *till) later(d time.Duration, cards ...string) {
	s.wall, s.boot = s.wall.Add(d), s.boot+d
	answers(s.t, s.root, "dumpsys", "isub", isub(cards...))
}

// changed is what the probe tells: 0, 1, or -1 for nothing.
func (s *till) changed() int {
	s.t.Helper()
	got := radio.NewMobile(s.term, s.sims).Observe(s.t.Context())
	require.Equal(s.t, probes.Pass, got.Outcome, got.Detail)
	assert.Empty(s.t, probetest.Faults(got))
	for _, card := range []string{card1, card2, card3} {
		assert.NotContains(s.t, fmt.Sprintf("%+v %+v", got, s.term.Capabilities()), card[6:])
	}
	value, told := got.Reading("sim_changed")
	if !told {
		return -1
	}
	return int(value)
}

func (s *till) file() string {
	content, err := os.ReadFile(filepath.Join(s.dir, "sim"))
	require.NoError(s.t, err)
	return string(content)
}

func TestSIMChange(t *testing.T) {
	const week = 7 * 24 * time.Hour
	s := newTill(t)
	s.later(0, card1)
	assert.Equal(t, 0, s.changed(), "the first that is seen belongs here")
	assert.Equal(t, 1, s.writes)

	s.later(2*time.Hour, card1)
	s.restart()
	assert.Equal(t, 0, s.changed(), "the same after a start")
	assert.Equal(t, 1, s.writes, "and nothing new to keep")

	s.later(2*time.Hour, card2)
	assert.Equal(t, 1, s.changed(), "another")
	assert.Equal(t, 2, s.writes)
	s.later(2*time.Hour, card1)
	assert.Equal(t, 0, s.changed(), "the first again")

	s.later(2*time.Hour, card2)
	assert.Equal(t, 1, s.changed())
	s.later(week, card2)
	s.restart()
	assert.Equal(t, 1, s.changed(), "seven days")
	s.later(time.Hour, card2)
	assert.Equal(t, 0, s.changed(), "more than seven days: it was put there on purpose")
	s.later(time.Hour, card1)
	assert.Equal(t, 1, s.changed(), "and the old one is another now")
	s.later(time.Hour, card3)
	assert.Equal(t, 1, s.changed())
	s.later(week-time.Hour, card3)
	assert.Equal(t, 1, s.changed(), "a third has a week of its own")

	for _, card := range []string{card1, card2, card3} {
		for n := range len(card) - 9 {
			assert.NotContains(t, s.file(), card[n:n+10], "no part of a card's number is kept")
		}
	}
}

func TestSIMIsAskedOnceAnHour(t *testing.T) {
	s := newTill(t)
	s.later(0, card1)
	require.Equal(t, 0, s.changed())
	s.later(59*time.Minute, card2)
	assert.Equal(t, 0, s.changed(), "not asked yet")
	s.later(time.Minute, card2)
	assert.Equal(t, 1, s.changed())
}

// Two slots take turns, and neither's card is another than before; a card that changes slots neither.
func TestSIMsOfTwoSlots(t *testing.T) {
	s := newTill(t)
	put(t, s.root, "system/bin/dumpsys", "#!/bin/sh\ncat \"${0%/*}/../../dumpsys_$1\"\n")
	connected := func(slot int, cards ...string) {
		put(t, s.root, "dumpsys_isub", isub(cards...))
		text := "last known state:\n"
		for i := range 2 {
			text += fmt.Sprintf("  Phone Id=%d\n  mDataConnectionState=%d\n", i, map[bool]int{true: 2, false: 0}[i == slot])
		}
		put(t, s.root, "dumpsys_telephony.registry", text)
		s.boot += time.Minute
	}
	connected(0, card1, card2)
	assert.Equal(t, 0, s.changed())
	connected(1, card1, card2)
	assert.Equal(t, 0, s.changed(), "the other slot carries")
	connected(0, card2, card1)
	assert.Equal(t, 0, s.changed(), "they changed places")
	connected(1, card2, card3)
	assert.Equal(t, 1, s.changed(), "a new one carries; another slot is asked about at once")
	connected(0, card2, card3)
	assert.Equal(t, 0, s.changed(), "one of those that belong here")
}

// Whoever takes the battery out to change the SIM resets the clock: the week begins when it is set again.
func TestSIMChangeWithAResetClock(t *testing.T) {
	s := newTill(t)
	s.later(0, card1)
	require.Equal(t, 0, s.changed())
	right := s.wall
	s.wall = time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
	s.later(time.Hour, card2)
	assert.Equal(t, 1, s.changed())
	s.wall = right
	s.later(time.Hour, card2)
	assert.Equal(t, 1, s.changed(), "eleven years have not passed")

	s.wall = right.AddDate(20, 0, 0)
	s.later(time.Hour, card3)
	assert.Equal(t, 1, s.changed())
	s.wall = right
	s.later(time.Hour, card3)
	assert.Equal(t, 1, s.changed())
	s.later(8*24*time.Hour, card3)
	assert.Equal(t, 0, s.changed(), "a week is a week, though the clock was 20 years ahead")
}

func TestSIMFileDamaged(t *testing.T) {
	s := newTill(t)
	s.later(0, card1)
	require.Equal(t, 0, s.changed())
	s.later(time.Hour, card2)
	require.Equal(t, 1, s.changed())
	good := s.file()
	for name, content := range map[string]string{
		"empty": "", "text": "what is this\n", "one word": strings.Fields(good)[0], "zeros": strings.Repeat("\x00", 66),
		"half a hash": good[:50], "a hash that is none": good[:40] + "g" + good[41:], "much too long": strings.Repeat("0", 2000),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(s.dir, "sim"), []byte(content), 0o600))
		s.later(time.Hour, card2)
		s.restart()
		assert.Equal(t, 0, s.changed(), "%s: what is there now belongs here", name)
		s.later(time.Hour, card1)
		assert.Equal(t, 1, s.changed(), "%s: and another is another again", name)
	}
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "sim"), []byte(good[:len(good)-5]), 0o600))
	s.later(time.Hour, card1)
	s.restart()
	assert.Equal(t, 0, s.changed(), "a damaged date loses the other, not the first")
}

func TestSIMFilesOfTwoTerminalsDiffer(t *testing.T) {
	a, b := newTill(t), newTill(t)
	for _, s := range []*till{a, b} {
		s.later(0, card1)
		require.Equal(t, 0, s.changed())
	}
	wordsA, wordsB := strings.Fields(a.file()), strings.Fields(b.file())
	require.Len(t, wordsA, 2)
	assert.NotEqual(t, wordsA[0], wordsB[0], "the key")
	assert.NotEqual(t, wordsA[1], wordsB[1], "the same card's hash")
}

func TestSIMChangeWritesNothingInOneLook(t *testing.T) {
	s := newTill(t)
	s.sims.Write = nil
	s.later(0, card1)
	assert.Equal(t, 0, s.changed())
	left, err := os.ReadDir(s.dir)
	require.NoError(t, err)
	assert.Empty(t, left)

	s.restart()
	s.later(time.Hour, card1)
	require.Equal(t, 0, s.changed())
	s.sims.Write = nil
	before := s.file()
	s.later(time.Hour, card2)
	assert.Equal(t, 1, s.changed(), "what the agent kept is known")
	assert.Equal(t, before, s.file())

	s.sims.StateDir = ""
	s.sims.Write = func(file, _ string) error { t.Errorf("writes %s, and has no folder", file); return nil }
	s.later(time.Hour, card2)
	assert.Equal(t, 0, s.changed())
}

func TestSIMChangeIsNotToldWhereTheCardIsNotShown(t *testing.T) {
	for name, card := range map[string]string{"masked": "8986[****]", "cut short": "898600", "nothing": ""} {
		s := newTill(t)
		s.later(0, card)
		assert.Equal(t, -1, s.changed(), name)
		assert.Zero(t, s.writes)
	}
	s := newTill(t)
	answers(t, s.root, "dumpsys", "isub", "Permission Denial: can't dump isub\n")
	assert.Equal(t, -1, s.changed())
}

// A file that cannot be written is no reason to say anything else.
func TestSIMChangeOnFullFlash(t *testing.T) {
	s := newTill(t)
	s.sims.Write = func(string, string) error { return os.ErrPermission }
	s.later(0, card1)
	assert.Equal(t, 0, s.changed())
}

func TestSIMChangeContract(t *testing.T) {
	s := newTill(t)
	s.later(0, card1)
	probetest.Contract(t, radio.NewMobile(s.term, s.sims))
}
