package intake

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func sizeOf(t *testing.T, dir string) int64 {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	total := int64(0)
	for _, e := range entries {
		info, err := e.Info()
		require.NoError(t, err)
		total += info.Size()
	}
	return total
}

// written is what is in a journal, without the room that was made for more.
func written(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Len(t, raw, mostJournal)
	return bytes.TrimRight(raw, "\x00")
}

// TestAKillAtAnyByte: a journal that ends anywhere is read up to its last whole line, and what nobody was told was taken is not missed.
func TestAKillAtAnyByte(t *testing.T) {
	k := newTill(t).say(TxnBegin, "ref='1'").say(TxnEnd, "ref='1'", "outcome='no_answer'").say(Reversal, "ref='1'", "state='queued'")
	name := k.ledger.disk.journalFile(0)
	whole := written(t, name)
	ends := []string{"all settled", "all settled", "under way", "doubt 1", "doubt 1, reversal 1"} // after so many lines; the first is the boot's
	for cut := range len(whole) + 1 {
		o := k.o
		o.Dir = t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(o.Dir, filepath.Base(name)), whole[:cut], 0o600))
		l := OpenLedger(o)
		require.NoError(t, l.Unread())
		again := *k
		again.ledger, again.o = l, o
		require.Equal(t, ends[bytes.Count(whole[:cut], []byte("\n"))], again.stands(), "cut after %d bytes", cut)
	}
}

// TestDamage: a byte that flash has forgotten is noticed, and what may have stood there is to be confirmed.
func TestDamage(t *testing.T) {
	k := newTill(t).say(TxnBegin, "ref='1'").say(TxnEnd, "ref='1'", "outcome='approved'").say(TxnEnd, "ref='2'", "outcome='no_answer'")
	name := k.ledger.disk.journalFile(0)
	whole := written(t, name)
	for at := 0; at < len(whole); at += 7 {
		if whole[at] == '\n' {
			continue
		}
		broken := bytes.Clone(whole)
		broken[at] ^= 0x10
		o := k.o
		o.Dir = t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(o.Dir, filepath.Base(name)), broken, 0o600))
		l := OpenLedger(o)
		require.Error(t, l.Unread(), "byte %d", at)
		require.Positive(t, l.Till().Lost)
		require.NoError(t, OpenLedger(o).Unread(), "it is put right")
		require.Positive(t, OpenLedger(o).Till().Lost, "and not forgotten")
		aside, err := os.ReadFile(filepath.Join(o.Dir, "intake.journal.damaged"))
		require.NoError(t, err)
		require.Equal(t, string(broken), string(bytes.TrimRight(aside, "\x00")), "what was there is kept aside")
	}
	require.NoError(t, k.ledger.disk.store(&k.ledger.book))
	book, err := os.ReadFile(k.ledger.disk.bookFile())
	require.NoError(t, err)
	book[len(book)/2] ^= 0x10
	require.NoError(t, os.WriteFile(k.ledger.disk.bookFile(), book, 0o600))
	l := OpenLedger(k.o)
	require.Error(t, l.Unread())
	require.Positive(t, l.Till().Lost)
	aside, err := os.ReadFile(filepath.Join(k.o.Dir, "intake.book.damaged"))
	require.NoError(t, err)
	require.Equal(t, book, aside)
}

// TestAFullDisk: what cannot be kept is said, counts all the same, and is kept when there is room again.
func TestAFullDisk(t *testing.T) {
	k := newTill(t)
	require.NoError(t, os.Chmod(k.o.Dir, 0o500))
	if f, err := os.Create(filepath.Join(k.o.Dir, "probe")); err == nil { // root may write anyway: take the folder away
		require.NoError(t, f.Close())
		require.NoError(t, os.RemoveAll(k.o.Dir))
	}
	require.NoError(t, k.ledger.Close())
	taken := NewReader("").Parse([]byte(k.line(TxnEnd, "ref='1'", "type='sale'", "outcome='no_answer'")))
	require.Error(t, k.ledger.Take(taken.Events))
	assert.Len(t, k.ledger.Till().Doubts, 1)
	require.NoError(t, os.MkdirAll(k.o.Dir, 0o700))
	require.NoError(t, os.Chmod(k.o.Dir, 0o700))
	k.say(TxnEnd, "ref='2'", "outcome='approved'")
	k.is("doubt 1")
}

// TestAge: what was before a boot is as old as the wall clock says, and what was within it as the boot clock does.
func TestAge(t *testing.T) {
	k := newTill(t).say(TxnEnd, "ref='1'", "outcome='no_answer'").at("10:00").reboot()
	d := k.ledger.Till().Doubts[0]
	assert.Equal(t, 2*time.Hour+time.Minute, k.o.Boottime()-d.Since)
	k.begin = k.begin.Add(-400 * 24 * time.Hour) // the clock was lost
	assert.Less(t, k.ledger.Till().Doubts[0].Since, time.Duration(1))
}

// TestADayOnFlash: two hundred sales, each synced when it begins, and once more within a minute of its end, take a third of what the
// agent may write in a day.
func TestADayOnFlash(t *testing.T) {
	k := newTill(t)
	total := 0
	k.o.Wrote = func(n int) { total += n }
	k.open()
	sync := func() { require.NoError(t, k.ledger.Sync()) }
	for i := range 200 {
		ref := "ref='" + strconv.Itoa(100000+i) + "'"
		k.say(TxnBegin, ref)
		sync()
		k.say(TxnEnd, ref, "outcome='approved'", "rc='00'", "rrn='123456789012'", "host_ms=640")
		if i%3 == 0 {
			k.say(State, "batch_count="+strconv.Itoa(i), "batch='000001'")
		}
		sync()
		sync()
		k.now += 3 * time.Minute
	}
	t.Logf("%d bytes of flash, in whole blocks", total)
	assert.Less(t, total, 3<<20)
}
