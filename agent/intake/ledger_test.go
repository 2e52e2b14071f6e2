package intake

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/probes/response"
)

// till is a payment app, its terminal and the ledger of what it tells.
type till struct {
	t      *testing.T
	ledger *Ledger
	o      LedgerOptions
	begin  time.Time
	now    time.Duration // since the day began
	upAt   time.Duration // when the terminal was switched on, in the same
	boots  int
	start  int // of the app
	seq    int
}

// newTill opens at eight in the morning; the host's day ends at 23:00.
func newTill(t *testing.T) *till {
	t.Helper()
	k := &till{t: t, begin: time.Date(2026, 3, 2, 0, 0, 0, 0, time.Local), now: 8 * time.Hour, upAt: 4 * time.Hour, start: 1}
	k.o = LedgerOptions{
		Dir: t.TempDir(), Hosts: []string{"a", "b"}, Issuers: map[string]string{"01020000": "ICBC"},
		Boottime: func() time.Duration { return k.now - k.upAt },
		Now:      func() time.Time { return k.begin.Add(k.now) },
		DayCut: func(from, to time.Time) bool {
			cut := time.Date(from.Year(), from.Month(), from.Day(), 23, 0, 0, 0, time.Local)
			if !cut.After(from) {
				cut = cut.AddDate(0, 0, 1)
			}
			return !cut.After(to)
		},
	}
	k.open()
	return k
}

func (k *till) open() {
	k.o.BootID = "boot-" + strconv.Itoa(k.boots)
	k.ledger = OpenLedger(k.o)
	require.NoError(k.t, k.ledger.Unread())
}

// at moves the clock to a time of the day, "14:03:20"; hours go beyond 24.
func (k *till) at(clock string) *till {
	k.t.Helper()
	var h, m, s int
	n, _ := fmt.Sscanf(clock, "%d:%d:%d", &h, &m, &s)
	require.GreaterOrEqual(k.t, n, 2, clock)
	k.now = time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second
	return k
}

// line makes an event of a kind: fields are "name=value", where whole numbers, true and false are what they look like; '…' is text.
func (k *till) line(kind string, fields ...string) string {
	k.seq++
	e := map[string]any{"v": 1, "kind": kind, "boot": fmt.Sprintf("%08x", k.start), "seq": k.seq, "at": k.o.Now().UnixMilli()}
	defaults := map[string]string{
		TxnBegin: "type='sale' entry='chip' batch='000001' host=0", TxnEnd: "type='sale' batch='000001' offline=false host=0",
		Reversal: "batch='000001' attempts=1 reason='no_answer'", State: "signed_on=true in_doubt=0 reversals_pending=0 batch_count=0",
		Batch: "batch='000001' count=0",
	}[kind]
	for _, f := range append(strings.Fields(defaults), fields...) {
		name, value, _ := strings.Cut(f, "=")
		switch n, err := strconv.ParseInt(value, 10, 64); {
		case strings.HasPrefix(value, "'"):
			e[name] = strings.Trim(value, "'")
		case err == nil:
			e[name] = n
		default:
			e[name] = value == "true"
		}
	}
	b, err := json.Marshal(e)
	require.NoError(k.t, err)
	return string(b)
}

// say has the app tell an event.
func (k *till) say(kind string, fields ...string) *till {
	k.t.Helper()
	k.hear(k.line(kind, fields...))
	return k
}

func (k *till) hear(lines ...string) {
	k.t.Helper()
	taken := NewReader("").Parse([]byte(strings.Join(lines, "\n")))
	require.Empty(k.t, taken.Refused)
	require.NoError(k.t, k.ledger.Take(taken.Events))
}

// kill ends the agent as kill -9 does, and starts it again.
func (k *till) kill() *till {
	before := k.ledger.Till()
	if k.ledger.disk != nil {
		require.NoError(k.t, k.ledger.disk.close()) // as the kernel does for the dead
	}
	k.open()
	assert.Equal(k.t, before, k.ledger.Till(), "a kill changes nothing")
	return k
}

// reboot switches the terminal off and on again, a minute later.
func (k *till) reboot() *till {
	k.now += time.Minute
	k.upAt = k.now - 20*time.Second
	k.boots++
	k.restartApp()
	k.open()
	return k
}

func (k *till) restartApp() *till {
	k.start++
	k.seq = 0
	return k
}

// stands is what of the till matters for money, in words.
func (k *till) stands() string {
	k.kill()
	t := k.ledger.Till()
	var words []string
	for _, d := range t.Doubts {
		word := "doubt " + d.Ref
		if d.Maybe {
			word += "?"
		}
		words = append(words, word)
	}
	if n := t.InDoubt - len(t.Doubts); n != 0 {
		words = append(words, fmt.Sprintf("doubts %+d", n))
	}
	for _, r := range t.Reversal {
		word := "reversal " + r.Ref
		switch {
		case r.Cut:
			word += " failed after the cut"
		case r.Failed:
			word += " failed"
		}
		words = append(words, word)
	}
	named := 0
	for _, r := range t.Reversal {
		if !r.Failed {
			named++
		}
	}
	if n := t.Unsent - named; n != 0 {
		words = append(words, fmt.Sprintf("reversals %+d", n))
	}
	if t.Lost > 0 {
		words = append(words, fmt.Sprintf("lost %d", t.Lost))
	}
	if t.UnderWay {
		words = append(words, "under way")
	}
	if len(words) == 0 {
		return "all settled"
	}
	return strings.Join(words, ", ")
}

func (k *till) is(want string) *till {
	k.t.Helper()
	assert.Equal(k.t, want, k.stands())
	return k
}

// TestDoubt: how a sale comes into doubt, and every way out of it, and no other.
func TestDoubt(t *testing.T) {
	sold := func(k *till) *till {
		return k.say(TxnBegin, "ref='1'").at("08:00:02").say(TxnEnd, "ref='1'", "outcome='no_answer'")
	}
	for _, row := range []struct {
		name string
		live func(*till)
	}{
		{"an approved sale is none", func(k *till) {
			k.say(TxnBegin, "ref='1'").is("under way").say(TxnEnd, "ref='1'", "outcome='approved'", "rc='00'").is("all settled")
		}},
		{"a sale that never ends", func(k *till) {
			k.say(TxnBegin, "ref='1'").at("08:01:04").is("under way").at("08:01:05").is("doubt 1")
			k.say(TxnEnd, "ref='1'", "outcome='approved'").is("all settled")
		}},
		{"no answer", func(k *till) { sold(k).is("doubt 1") }},
		{"nobody knows", func(k *till) { k.say(TxnEnd, "ref='1'", "outcome='unknown'").is("doubt 1") }},
		{"the issuer was too late", func(k *till) { k.say(TxnEnd, "ref='1'", "outcome='technical'", "rc='68'").is("doubt 1") }},
		{"no answer from the issuer", func(k *till) { k.say(TxnEnd, "ref='1'", "outcome='technical'", "rc='98'").is("doubt 1") }},
		{"another technical answer is an answer", func(k *till) { k.say(TxnEnd, "ref='1'", "outcome='technical'", "rc='96'").is("all settled") }},
		{"but it ends no doubt", func(k *till) { sold(k).say(TxnEnd, "ref='1'", "outcome='technical'", "rc='96'").is("doubt 1") }},
		{"approved on condition", func(k *till) {
			k.say(TxnEnd, "ref='1'", "outcome='approved'", "rc='A2'").is("doubt 1").say(TxnEnd, "ref='1'", "outcome='approved'", "rc='00'").is("all settled")
		}},
		{"a balance is no sale", func(k *till) {
			k.say(TxnBegin, "ref='1'", "type='balance'").say(TxnEnd, "ref='1'", "type='balance'", "outcome='no_answer'").is("all settled")
		}},
		{"declined ends it", func(k *till) { sold(k).say(TxnEnd, "ref='1'", "outcome='declined'", "rc='51'").is("all settled") }},
		{"cancelled before sending ends it", func(k *till) { sold(k).say(TxnEnd, "ref='1'", "outcome='cancelled'").is("all settled") }},
		{"a settlement does not", func(k *till) { sold(k).say(Batch, "state='settled'").is("doubt 1") }},
		{"a state that says so ends it", func(k *till) { sold(k).say(State).is("all settled") }},
		{"a state from before does not", func(k *till) {
			early := k.line(State)
			sold(k)
			k.hear(early)
			k.is("doubt 1")
		}},
		{"a state beside a sale under way ends nothing", func(k *till) {
			k.say(TxnBegin, "ref='1'").say(State, "busy=true").is("under way").at("08:02").is("doubt 1")
		}},
		{"a state that counts another", func(k *till) { sold(k).say(State, "in_doubt=2").is("doubt 1, doubts +1") }},
		{"and its end ends one of them", func(k *till) {
			sold(k).say(State, "in_doubt=2").say(TxnEnd, "ref='1'", "outcome='approved'").is("doubts +1").say(State).is("all settled")
		}},
		{"the app crashed in the middle, and does not know", func(k *till) {
			k.say(TxnBegin, "ref='1'").restartApp().say(Hello, "tid='T0000001'", "mid='898330105812001'", "level=2").at("08:03").is("doubt 1")
			k.say(TxnBegin, "ref='1'").say(TxnEnd, "ref='1'", "outcome='approved'").is("doubt 1") // the number is used again
		}},
		{"the terminal was switched off in the middle", func(k *till) { k.say(TxnBegin, "ref='1'").reboot().is("doubt 1") }},
		{"a technician has looked it up", func(k *till) {
			sold(k)
			require.NoError(k.t, k.ledger.Confirm(Confirmation{Ref: "1", Result: "settled"}))
			k.is("all settled")
			require.ErrorIs(k.t, k.ledger.Confirm(Confirmation{Ref: "1", Result: "settled"}), ErrNoSale)
		}},
		{"and the app counts it still", func(k *till) {
			sold(k).say(State, "in_doubt=1")
			require.NoError(k.t, k.ledger.Confirm(Confirmation{Ref: "1", Result: "reversed"}))
			k.is("all settled").say(State, "in_doubt=1").is("all settled").say(State).say(State, "in_doubt=1").is("doubts +1")
		}},
		{"which hides no other", func(k *till) {
			sold(k).say(State, "in_doubt=1")
			require.NoError(k.t, k.ledger.Confirm(Confirmation{Ref: "1", Result: "reversed"}))
			k.say(TxnEnd, "ref='2'", "outcome='no_answer'").say(State, "in_doubt=1").is("doubt 2")
		}},
		{"a technician ends nothing that is under way", func(k *till) {
			k.say(TxnBegin, "ref='1'")
			require.ErrorIs(k.t, k.ledger.Confirm(Confirmation{Result: "settled"}), ErrNoSale)
		}},
		{"the acquirer knows", func(k *till) {
			sold(k).at("08:10")
			none := int64(0)
			require.NoError(k.t, k.ledger.Hear(News{At: k.begin.Add(8 * time.Hour).Add(-time.Minute).UnixMilli(), InDoubt: &none}))
			k.is("doubt 1") // its word is from before
			require.NoError(k.t, k.ledger.Hear(News{At: k.o.Now().UnixMilli(), InDoubt: &none}))
			k.is("all settled")
		}},
		{"but not better than a newer word of the app", func(k *till) {
			sold(k).at("08:10").say(State, "in_doubt=1").at("08:20")
			none := int64(0)
			require.NoError(k.t, k.ledger.Hear(News{At: k.begin.Add(8*time.Hour + 5*time.Minute).UnixMilli(), InDoubt: &none}))
			k.is("doubt 1")
		}},
	} {
		t.Run(row.name, func(t *testing.T) { row.live(newTill(t)) })
	}
}

// TestReversals: what takes a sale back, and what says that it was not.
func TestReversals(t *testing.T) {
	for _, row := range []struct {
		name string
		live func(*till)
	}{
		{"done", func(k *till) {
			k.say(Reversal, "ref='1'", "state='queued'").is("doubt 1, reversal 1").say(Reversal, "ref='1'", "state='done'", "rc='00'").is("all settled")
		}},
		{"there was nothing to take back", func(k *till) { k.say(Reversal, "ref='1'", "state='done'", "rc='25'").is("all settled") }},
		{"12 on the same day", func(k *till) { k.at("22:59").say(Reversal, "ref='1'", "state='done'", "rc='12'").is("all settled") }},
		{"12 after the day-cut", func(k *till) {
			k.at("23:01").say(Reversal, "ref='1'", "state='done'", "rc='12'").is("reversal 1 failed after the cut")
		}},
		{"an attempt that failed is tried again", func(k *till) {
			k.say(Reversal, "ref='1'", "state='failed'").is("doubt 1, reversal 1").say(Reversal, "ref='1'", "state='failed'", "attempts=3").is("reversal 1 failed")
		}},
		{"an answer that says no is final", func(k *till) { k.say(Reversal, "ref='1'", "state='failed'", "rc='05'").is("reversal 1 failed") }},
		{"a host that is away is none", func(k *till) { k.say(Reversal, "ref='1'", "state='failed'", "rc='91'").is("doubt 1, reversal 1") }},
		{"given up", func(k *till) { k.say(Reversal, "ref='1'", "state='abandoned'").is("reversal 1 failed") }},
		{"and no state of the app puts it right", func(k *till) {
			k.say(Reversal, "ref='1'", "state='abandoned'").say(State).is("reversal 1 failed").say(State, "in_doubt=1").is("reversal 1 failed")
		}},
		{"but a technician does", func(k *till) {
			k.say(Reversal, "ref='1'", "state='abandoned'")
			require.NoError(k.t, k.ledger.Confirm(Confirmation{Ref: "1", Batch: "000001", Result: "refunded"}))
			k.is("all settled")
		}},
		{"and the acquirer", func(k *till) {
			k.say(Reversal, "ref='1'", "state='abandoned'").at("09:00")
			none := int64(0)
			require.NoError(k.t, k.ledger.Hear(News{At: k.o.Now().UnixMilli(), InDoubt: &none}))
			k.is("all settled")
		}},
		{"a state has none left", func(k *till) { k.say(Reversal, "ref='1'", "state='sending'").say(State).is("all settled") }},
		{"a state has one that nobody told of", func(k *till) { k.say(State, "reversals_pending=1").is("reversals +1") }},
		{"whose end is told", func(k *till) {
			k.say(Reversal, "ref='1'", "state='sending'").say(State, "reversals_pending=1", "in_doubt=1").is("doubt 1, reversal 1")
			k.say(Reversal, "ref='1'", "state='done'", "rc='00'").is("all settled")
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.live(newTill(t).say(TxnBegin, "ref='1'").at("08:00:02").say(TxnEnd, "ref='1'", "outcome='no_answer'"))
		})
	}
}

// TestLostEvents: what was lost is counted until it comes or a word says how all stands; what is told twice counts once.
func TestLostEvents(t *testing.T) {
	k := newTill(t).say(TxnBegin, "ref='1'").say(TxnEnd, "ref='1'", "outcome='no_answer'")
	late := k.line(TxnEnd, "ref='1'", "outcome='approved'")
	k.say(TxnBegin, "ref='2'").say(TxnEnd, "ref='2'", "outcome='approved'").is("doubt 1?, lost 1")
	k.hear(late)
	k.hear(late)
	k.is("all settled")

	k.line(TxnEnd)
	k.line(TxnEnd)
	k.say(TxnEnd, "ref='3'", "outcome='approved'").is("lost 2").say(State).is("all settled")

	last := k.line(TxnEnd, "ref='4'", "outcome='no_answer'")
	k.hear(last)
	k.say(State)
	k.hear(last)
	k.is("all settled") // an old one that comes again opens nothing

	k.restartApp().say(State).is("all settled")
	k.restartApp()
	k.seq = 5
	k.say(TxnEnd, "ref='9'", "outcome='approved'").is("lost 4")
	require.NoError(t, k.ledger.Confirm(Confirmation{Result: "settled"}))
	k.is("all settled")
}

// TestTheRestOfTheState: what is no money in doubt.
func TestTheRestOfTheState(t *testing.T) {
	k := newTill(t).at("08:30")
	ms := func(clock string) string {
		at := *k
		return strconv.FormatInt(at.begin.Add(at.at(clock).now).UnixMilli(), 10)
	}
	k.say(State, "sign_on_at="+ms("08:10"), "batch='000007'", "batch_count=12", "batch_limit=300", "capture='terminal'", "last_settled_at="+ms("07:30"),
		"saf_pending=2", "saf_oldest_at="+ms("08:20"), "printer='NoPaper'", "ped_ok=false", "card_reader_ok=true", "settings_fp='00000001'", "params_ver='1.0'", "proc_req=1",
		"last_ref='77'", "last_outcome='approved'", "last_at="+ms("08:29"), "last_host=1", "last_offline=false")
	got := k.kill().ledger.Till()
	ago := func(d time.Duration) diagnose.Since {
		return diagnose.Since{Is: true, At: 4*time.Hour + 30*time.Minute - d}
	}
	assert.Equal(t, diagnose.SignOn{On: diagnose.Yes, Changed: ago(0).At, At: ago(20 * time.Minute), FailedAt: got.Session.FailedAt}, got.Session)
	assert.Equal(t, "000007", got.Batch.Number)
	assert.Equal(t, []int{12, 300}, []int{got.Batch.Count, got.Batch.Limit})
	assert.Equal(t, "terminal", got.Batch.Capture)
	assert.Equal(t, ago(time.Hour), got.Batch.Settled)
	assert.Equal(t, diagnose.Offline{Told: true, Pending: 2, Oldest: ago(10 * time.Minute)}, got.Offline)
	assert.Equal(t, []any{"NoPaper", diagnose.No, diagnose.Yes, diagnose.NotTold}, []any{got.Printer, got.PEDOK, got.ReaderOK, got.SecurityOK})
	assert.Equal(t, ago(0), got.Asked)
	assert.False(t, got.SettingsNew.Is)
	require.Len(t, got.Sales, 1)
	assert.Equal(t, diagnose.Sale{At: ago(time.Minute).At, Class: response.Approved, Type: "sale", Host: "b"}, got.Sales[0])
	assert.Equal(t, 0, got.Level)

	k.at("08:40").say(State, "settings_fp='00000002'", "params_ver='1.1'")
	assert.False(t, k.ledger.Till().SettingsNew.Is, "new parameters bring new settings")
	k.say(State, "settings_fp='00000003'", "params_ver='1.1'")
	assert.True(t, k.ledger.Till().SettingsNew.Is)

	k.say(Session, "state='failed'", "rc='A0'").say(Session, "state='failed'", "rc='97'")
	got = k.kill().ledger.Till()
	assert.Equal(t, 2, got.Session.Failed)
	assert.Equal(t, "97", got.Session.FailedRC)
	assert.Zero(t, k.say(Session, "state='signed_on'").ledger.Till().Session.Failed)
	assert.Equal(t, diagnose.No, k.say(Session, "state='signed_off'").ledger.Till().Session.On)

	k.say(Batch, "state='not_equal'", "batch='000007'", "count=12", "rc='95'")
	got = k.kill().ledger.Till()
	assert.Equal(t, []any{"not_equal", "95"}, []any{got.Batch.State, got.Batch.RC})
	k.at("09:00").say(Batch, "state='settled'", "batch='000007'", "count=12")
	got = k.kill().ledger.Till()
	assert.Equal(t, []any{"settled", 0}, []any{got.Batch.State, got.Batch.Count})
	assert.Equal(t, diagnose.Since{Is: true, At: 5 * time.Hour}, got.Batch.Settled)
}

// TestBounds: whatever is told, the book and its journal stay within theirs, and what is in doubt goes last.
func TestBounds(t *testing.T) {
	k := newTill(t)
	k.say(TxnBegin, "ref='first'").say(TxnEnd, "ref='first'", "outcome='no_answer'")
	most := int64(0)
	for i := range 2000 {
		k.now += time.Second
		k.say(TxnBegin, "ref='"+strconv.Itoa(100000+i)+"'", "issuer_inst='01020000'").say(TxnEnd, "ref='"+strconv.Itoa(100000+i)+"'", "outcome='approved'", "rc='00'", "rrn='123456789012'", "host_ms=640")
		most = max(most, sizeOf(t, k.o.Dir))
	}
	k.is("doubt first")
	assert.LessOrEqual(t, most, int64(256<<10))
	t.Logf("at most %d bytes on flash", most)
	require.Len(t, k.ledger.book.Sales, mostSales)
	for i := range mostSales + 10 {
		k.say(TxnEnd, "ref='d"+strconv.Itoa(i)+"'", "outcome='no_answer'")
	}
	assert.Len(t, k.ledger.Till().Doubts, mostSales)
	assert.Positive(t, k.ledger.Till().Lost, "what there is no room for is said to be lost")
}
