package intake

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestNoOtherWayOutOfDoubt: what looks like the end of a doubt, or like nothing at all, and would have had a customer charged twice or money
// forgotten: words out of their order, clocks that are wrong, answers that contradict themselves.
func TestNoOtherWayOutOfDoubt(t *testing.T) {
	none := int64(0)
	news := func(k *till, after time.Duration) {
		k.t.Helper()
		require.NoError(k.t, k.ledger.Hear(News{At: k.begin.Add(8*time.Hour + after).UnixMilli(), InDoubt: &none}))
	}
	noAnswer := func(k *till, ref string) *till {
		return k.say(TxnEnd, "ref='"+ref+"'", "outcome='no_answer'")
	}
	for _, row := range []struct {
		name string
		live func(*till)
	}{
		{"the acquirer's word from before the sale, where the clock is slow", func(k *till) {
			k.say(State).at("08:04").say(TxnBegin, "ref='1'").at("08:04:30")
			noAnswer(k, "1").say(State, "in_doubt=1").is("doubt 1")
			news(k, 5*time.Minute)
			k.is("doubt 1")
			k.at("08:12")
			news(k, 12*time.Minute)
			k.is("all settled")
		}},
		{"its word from the middle of the sale, and the same again after a restart", func(k *till) {
			k.say(State).at("08:00:10").say(TxnBegin, "ref='1'").at("08:00:21")
			news(k, 20*time.Second)
			k.is("under way").at("08:01:10")
			noAnswer(k, "1")
			news(k, 20*time.Second)
			k.is("doubt 1").at("08:03")
			news(k, time.Minute)
			k.is("doubt 1")
		}},
		{"its word beside a busy app that tells no beginnings", func(k *till) {
			k.say(State, "busy=true").at("08:00:10")
			news(k, 10*time.Second)
			k.is("under way")
		}},
		{"its word while the clock was years ahead is not the last", func(k *till) {
			right, two := k.begin, int64(2)
			k.begin = right.AddDate(3, 0, 0)
			require.NoError(k.t, k.ledger.Hear(News{At: right.Add(8 * time.Hour).UnixMilli(), InDoubt: &none}))
			k.begin = right
			k.at("32:00")
			require.NoError(k.t, k.ledger.Hear(News{At: k.o.Now().UnixMilli(), InDoubt: &two}))
			k.is("doubts +2")
		}},
		{"a state from before the end, heard after it", func(k *till) {
			k.say(State).say(TxnBegin, "ref='1'")
			early := k.line(State)
			noAnswer(k, "1").is("doubt 1?, lost 1")
			k.hear(early)
			k.is("doubt 1")
		}},
		{"a late state from before what was lost", func(k *till) {
			k.say(State)
			early := k.line(State)
			k.line(TxnBegin, "ref='1'")
			k.line(TxnEnd, "ref='1'", "outcome='no_answer'")
			k.say(Session, "state='signed_on'").is("lost 3")
			k.hear(early)
			k.is("lost 2")
		}},
		{"something from before a state, after something else was lost", func(k *till) {
			late := k.say(State).line(Session, "state='signed_on'")
			k.say(State)
			k.line(TxnEnd, "ref='1'", "outcome='no_answer'")
			k.say(Session, "state='signed_on'").is("lost 1")
			k.hear(late)
			k.is("lost 1")
		}},
		{"a busy app beside a sale that takes long", func(k *till) {
			k.say(State).say(TxnBegin, "ref='1'").at("08:01:10").is("doubt 1").say(State, "busy=true").is("doubt 1")
		}},
		{"a failed reversal hides no other doubt", func(k *till) {
			noAnswer(k.say(State), "1").say(Reversal, "ref='1'", "state='abandoned'").say(State)
			noAnswer(k, "2").say(State, "in_doubt=1").is("doubt 2, reversal 1 failed")
			require.NoError(k.t, k.ledger.Confirm(Confirmation{Ref: "1", Result: "refunded"}))
			k.is("doubt 2").say(State, "in_doubt=1").is("doubt 2")
		}},
		{"a reversal that begins after a state", func(k *till) {
			k.say(TxnEnd, "ref='1'", "outcome='approved'", "rc='00'").say(State)
			k.say(Reversal, "ref='1'", "state='queued'", "reason='print'", "attempts=0").is("reversal 1")
		}},
		{"and its end takes none of those that the state counted", func(k *till) {
			k.say(TxnEnd, "ref='1'", "outcome='approved'", "rc='00'").say(State, "reversals_pending=1").is("reversals +1")
			k.say(Reversal, "ref='1'", "state='queued'", "reason='print'", "attempts=0").say(Reversal, "ref='1'", "state='done'", "rc='00'").is("reversals +1")
		}},
		{"declined, by a code that says to ask again", func(k *till) { k.say(TxnEnd, "ref='1'", "outcome='declined'", "rc='98'").is("doubt 1") }},
		{"declined, by a code that says yes on condition", func(k *till) { k.say(TxnEnd, "ref='1'", "outcome='declined'", "rc='A4'").is("doubt 1") }},
		{"cancelled, and the host had said yes", func(k *till) { k.say(TxnEnd, "ref='1'", "outcome='cancelled'", "rc='00'").is("doubt 1") }},
		{"technical, and the host had said yes", func(k *till) {
			k.say(TxnEnd, "ref='1'", "outcome='technical'", "rc='00'").is("doubt 1").say(Reversal, "ref='1'", "state='done'", "rc='00'").is("all settled")
		}},
		{"a void of the sale that was declined", func(k *till) {
			noAnswer(k, "1").say(TxnEnd, "ref='1'", "type='void'", "outcome='declined'", "rc='25'").is("doubt 1")
		}},
		{"the next day's sale under the same number, where no batch is told", func(k *till) {
			unnumbered := func(line string) string { return strings.Replace(line, `"batch":"000001",`, "", 1) }
			k.hear(unnumbered(k.line(TxnEnd, "ref='1'", "outcome='no_answer'")))
			k.at("34:00").hear(unnumbered(k.line(TxnEnd, "ref='1'", "outcome='approved'", "rc='00'")))
			k.is("doubt 1")
		}},
		{"12 to a reversal after the cut, where somebody set the clock back in between", func(k *till) {
			k.at("46:00").say(TxnBegin, "ref='1'") // 22:00 tomorrow by its clock, 22:00 today in truth
			noAnswer(k, "1")
			up := k.now - k.upAt
			k.at("23:30")
			k.upAt = k.now - up - 90*time.Minute
			k.say(Reversal, "ref='1'", "state='done'", "rc='12'").is("reversal 1 failed after the cut")
		}},
	} {
		t.Run(row.name, func(t *testing.T) { row.live(newTill(t)) })
	}
}

// TestNoDoubtOfNothing: what is settled is not brought into doubt by the order in which it is told.
func TestNoDoubtOfNothing(t *testing.T) {
	for _, row := range []struct {
		name string
		live func(*till)
	}{
		{"taken back before its end is told", func(k *till) {
			k.say(TxnBegin, "ref='1'").say(Reversal, "ref='1'", "state='sending'").say(Reversal, "ref='1'", "state='done'", "rc='00'").is("all settled")
			k.say(TxnEnd, "ref='1'", "outcome='no_answer'").is("all settled")
		}},
		{"the same of an app that tells no beginnings", func(k *till) {
			k.say(Reversal, "ref='1'", "state='done'", "rc='00'").say(TxnEnd, "ref='1'", "outcome='no_answer'").is("all settled")
		}},
		{"a beginning that is heard after its end", func(k *till) {
			begin := k.say(State).line(TxnBegin, "ref='1'")
			k.say(TxnEnd, "ref='1'", "outcome='approved'", "rc='00'")
			k.hear(begin)
			k.at("08:02").is("all settled")
		}},
		{"a reversal that is done, as ISO 8583:1993 says it", func(k *till) {
			for i, rc := range []string{"000", "400"} {
				k.say(Reversal, fmt.Sprintf("ref='%d'", i), "state='done'", "rc='"+rc+"'").is("all settled")
			}
		}},
	} {
		t.Run(row.name, func(t *testing.T) { row.live(newTill(t)) })
	}
	k := newTill(t).say(SAF, "pending=2")
	k.at("20:00").say(SAF, "pending=1").at("28:30").say(State, "saf_pending=1")
	assert.Equal(t, 8*time.Hour+30*time.Minute, k.o.Boottime()-k.ledger.Till().Offline.Oldest.At, "the oldest has gone, and nobody says when the next came")
}

// TestAClockThatBegins: a terminal without a battery for its clock is heard all the same.
func TestAClockThatBegins(t *testing.T) {
	for _, begin := range []time.Time{time.Unix(0, 0), time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)} {
		k := newTill(t)
		k.begin = begin
		k.say(State).say(TxnBegin, "ref='1'").say(TxnEnd, "ref='1'", "outcome='no_answer'").is("doubt 1").say(State).is("all settled")
	}
}

// TestALongJournal: a request that made the journal longer than it should be is read all the same, and what is longer than anything is said.
func TestALongJournal(t *testing.T) {
	for _, row := range []struct {
		grown int
		whole bool
	}{{mostJournal + MaxRequest, true}, {mostRead + 1, false}} {
		k := newTill(t)
		k.say(TxnBegin, "ref='1'")
		add := func(line string) { // as where a full disk keeps the book from being replaced
			e := NewReader("").Parse([]byte(line)).Events
			require.Len(t, e, 1)
			k.ledger.apply(e[0], k.ledger.now())
			require.NoError(t, k.ledger.disk.append(record{At: k.ledger.now(), Event: e[0].line()}))
		}
		for int(k.ledger.disk.size) < row.grown {
			add(k.line(Session, "state='signed_on'"))
		}
		add(k.line(TxnEnd, "ref='1'", "outcome='no_answer'"))
		want := k.ledger.Till()
		require.NoError(t, k.ledger.disk.close())
		again := OpenLedger(k.o)
		if row.whole {
			require.NoError(t, again.Unread())
			assert.Equal(t, want, again.Till())
		} else {
			require.ErrorContains(t, again.Unread(), "longer than")
			assert.Positive(t, again.Till().Lost)
		}
	}
}

func TestFreeText(t *testing.T) {
	for _, good := range []string{"", "acquirer's desk, call 4711: reversed at 10:20", "2026-11-28 10:20, 张先生", "①: swapped the SIM", "card 4 of 12, slip 000123", "SIM 8986 0112, port 9443, 2026-11-28 10:12"} {
		require.NoError(t, FreeText(good, 100), good)
	}
	for _, bad := range []string{
		"4111111111111111", "4111 1111 1111 1111", "4111--1111--1111--1111", "4111 / 1111 / 1111 / 1111", "4111, 1111, 1111, 1111", "4111x1111x1111x1111",
		"⁴¹¹¹¹¹¹¹¹¹¹¹¹¹¹¹", "port 9443, 4111 : 1111 : 1111 : 1111, at 10:12", "４１１１ / １１１１ / １１１１ / １１１１", "４１１１１１１１１１１１１１１１", "%B4111", "a\x07b", string([]byte{0xff}),
	} {
		require.Error(t, FreeText(bad, 100), bad)
	}
}
