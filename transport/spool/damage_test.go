package spool_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/spool"
)

// filled makes a spool with so many records, closed, and says what they are and where.
func filled(t testing.TB, records int) (dir, segment string, want []string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "spool")
	s := spool.Open(spool.Options{Dir: dir})
	for n := range records {
		want = append(want, fmt.Sprintf("%d %s", n+1, strings.Repeat("x", n*7%23)))
		s.Add(change(want[n]))
	}
	require.NoError(t, s.Sync(t.Context()))
	require.NoError(t, s.Close())
	found, err := filepath.Glob(filepath.Join(dir, "*-change-*", "*"))
	require.NoError(t, err)
	require.NotEmpty(t, found)
	return dir, found[0], want
}

// stride walks over every kind of place in a record, whose heads have 24 bytes.
const stride = 7

// survey opens a spool and holds it to the two laws of damage: what it gives is what was stored, and what it does not give it names.
func survey(t *testing.T, dir string, want []string) (missing int) {
	t.Helper()
	s := spool.Open(spool.Options{Dir: dir})
	defer s.Crash()
	require.NoError(t, s.Fault())
	lost := map[uint64]bool{}
	for _, a := range s.Ledger() {
		for _, r := range a.Lost {
			require.Equal(t, spool.Damaged, r.Why)
			for n := r.From; n <= r.To; n++ {
				lost[n] = true
			}
		}
	}
	given, err := s.Stored()
	require.NoError(t, err)
	for n, body := range given {
		require.LessOrEqual(t, n, uint64(len(want)), "a record that nobody wrote")
		require.Equal(t, want[n-1], body, "a wrong record")
	}
	for n := range uint64(len(want)) {
		_, there := given[n+1]
		require.NotEqual(t, there, lost[n+1], "record %d of %d: given %v, named as lost %v", n+1, len(want), there, lost[n+1])
	}
	return len(want) - len(given)
}

// TestDamage cuts, zeroes and flips a filled log as it lies on flash. One byte costs one record, a sector those that lie in it.
// TestScanOfDamage does the same at every offset.
func TestDamage(t *testing.T) {
	dir, segment, want := filled(t, 16)
	whole, err := os.ReadFile(segment)
	require.NoError(t, err)
	end := len(bytes.TrimRight(whole, "\x00"))
	require.Greater(t, end, 16*25)
	for _, damage := range []struct {
		name string
		most int // records lost
		do   func(data []byte, at int) []byte
	}{
		{"one bit flipped", 1, func(data []byte, at int) []byte { data[at] ^= 1 << (at % 8); return data }},
		{"one byte zeroed", 1, func(data []byte, at int) []byte { data[at] = 0; return data }},
		{"a sector of 512 zeroed", 16, func(data []byte, at int) []byte { clear(data[at:min(at+512, len(data))]); return data }},
		{"all from here zeroed", 16, func(data []byte, at int) []byte { clear(data[at:]); return data }},
		{"cut here", 16, func(data []byte, at int) []byte { return data[:at] }},
		{"a record's start over it", 2, func(data []byte, at int) []byte { copy(data[at:], whole[:24]); return data }},
	} {
		t.Run(damage.name, func(t *testing.T) {
			for at := 0; at < end; at += stride {
				require.NoError(t, os.WriteFile(segment, damage.do(bytes.Clone(whole), at), 0o600))
				require.LessOrEqual(t, survey(t, dir, want), damage.most, "at %d", at)
				if t.Failed() {
					return
				}
			}
		})
	}
}

// TestDamagedCursor: without the cursor all is told again, and nothing else than what was stored.
func TestDamagedCursor(t *testing.T) {
	dir, _, want := filled(t, 8)
	cursor, err := os.ReadFile(filepath.Join(dir, "cursor"))
	require.NoError(t, err)
	end := len(bytes.TrimRight(cursor, "\x00"))
	for _, damage := range []func(data []byte, at int) []byte{
		func(data []byte, at int) []byte { data[at] ^= 1 << (at % 8); return data },
		func(data []byte, at int) []byte { clear(data[at:]); return data },
		func(data []byte, at int) []byte { return data[:at] },
	} {
		for at := 0; at < end; at += stride {
			if cursor[at] == 0 {
				continue // between the two slots there is nothing to damage
			}
			require.NoError(t, os.WriteFile(filepath.Join(dir, "cursor"), damage(bytes.Clone(cursor), at), 0o600))
			require.Zero(t, survey(t, dir, want))
		}
	}
}

// TestForeignFiles: what is not ours is left alone, and what is out of its place is no record.
func TestForeignFiles(t *testing.T) {
	dir, segment, want := filled(t, 5)
	whole, err := os.ReadFile(segment)
	require.NoError(t, err)
	for name, data := range map[string][]byte{
		filepath.Join(filepath.Dir(segment), "00000002"):                    whole, // a copy in another place
		filepath.Join(filepath.Dir(segment), "notes.txt"):                   whole,
		filepath.Join(dir, "00000001-change-xyz"):                           whole,
		filepath.Join(dir, "00000009-gossip-0000000000000001", "00000001"):  whole,
		filepath.Join(dir, "00000002-change-00000000000000aa", "00000001"):  whole, // and of another journal
		filepath.Join(dir, "00000002-history-00000000000000aa", "00000001"): make([]byte, 64<<10),
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
		require.NoError(t, os.WriteFile(name, data, 0o600))
	}
	s := open(t, spool.Options{Dir: dir})
	require.NoError(t, s.Fault())
	assert.Equal(t, want, bodies(s, transport.Change))
	require.NoError(t, s.Sync(t.Context()))
	assert.FileExists(t, filepath.Join(dir, "00000009-gossip-0000000000000001", "00000001"))
}

// TestJournalThatIsBackAfterACut: the removal of a journal that is done with is not on flash as soon as the cursor is: after a power cut the folder may be back, or
// half of it, without the segments that had gone before. What was in those was delivered, and is not lost.
func TestJournalThatIsBackAfterACut(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	first := open(t, spool.Options{Dir: dir})
	for range 60 { // more than the first segment of 16 KiB holds
		first.Add(change(strings.Repeat("x", 420)))
	}
	require.NoError(t, first.Sync(t.Context()))
	id := first.Ledger()[0].Spool
	first.Crash()

	second := open(t, spool.Options{Dir: dir})
	deliver := func(n int) {
		for range n {
			second.Done(second.Next(transport.Change))
		}
		require.NoError(t, second.Sync(t.Context()))
	}
	deliver(50) // with the whole first segment, which goes
	folders, err := filepath.Glob(filepath.Join(dir, "*-change-"+id))
	require.NoError(t, err)
	require.Len(t, folders, 1)
	files, err := os.ReadDir(folders[0])
	require.NoError(t, err)
	require.Len(t, files, 1)
	kept := filepath.Join(t.TempDir(), "kept")
	require.NoError(t, os.CopyFS(kept, os.DirFS(folders[0])))

	deliver(10) // the rest: the cursor is synced and the folder goes
	require.NoDirExists(t, folders[0])
	second.Crash()
	require.NoError(t, os.CopyFS(folders[0], os.DirFS(kept))) // but not from flash

	third := open(t, spool.Options{Dir: dir})
	require.NoError(t, third.Fault())
	for _, a := range third.Ledger() {
		assert.Empty(t, a.Lost, a.String())
	}
	assert.Zero(t, third.Dropped())
}

// TestRecordWithinARecord: a body that is itself a record's bytes is no record, though the one around it is damaged.
func TestRecordWithinARecord(t *testing.T) {
	_, segment, _ := filled(t, 3)
	inner, err := os.ReadFile(segment)
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), "spool")
	s := open(t, spool.Options{Dir: dir})
	s.Add(transport.Message{Class: transport.Change, Body: inner[:200]})
	s.Add(change("after"))
	require.NoError(t, s.Sync(t.Context()))
	require.NoError(t, s.Close())
	found, err := filepath.Glob(filepath.Join(dir, "*-change-*", "*"))
	require.NoError(t, err)
	data, err := os.ReadFile(found[0])
	require.NoError(t, err)
	data[2] ^= 1 // the magic of the outer one
	require.NoError(t, os.WriteFile(found[0], data, 0o600))
	again := open(t, spool.Options{Dir: dir})
	assert.Equal(t, []string{"after"}, bodies(again, transport.Change))
}

// TestWhatCannotBeReadIsSaid: a cursor that is damaged, and a journal that is no folder any more.
func TestWhatCannotBeReadIsSaid(t *testing.T) {
	dir, segment, _ := filled(t, 3)
	s := spool.Open(spool.Options{Dir: dir})
	require.NoError(t, s.Unread())
	s.Crash()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "cursor"), []byte("x"), 0o600))
	journal := filepath.Dir(segment)
	require.NoError(t, os.RemoveAll(journal))
	require.NoError(t, os.WriteFile(journal, nil, 0o600))
	s = spool.Open(spool.Options{Dir: dir})
	defer s.Crash()
	require.NoError(t, s.Fault(), "it works all the same")
	require.ErrorContains(t, s.Unread(), "cannot read the spool's cursor")
	require.ErrorContains(t, s.Unread(), "cannot read what an earlier start left")
	first := s.Ledger()[0]
	require.ErrorIs(t, first.Unread, unix.ENOTDIR, "and the fleet is told which: it knows what it has of it")
	assert.Contains(t, journal, first.Spool)
}

// TestWhatIsNoCursorIsPutAside: flash is written all the same, this time and the next.
func TestWhatIsNoCursorIsPutAside(t *testing.T) {
	for what, spoil := range map[string]func(string) error{
		"a folder": func(f string) error { return os.MkdirAll(filepath.Join(f, "within"), 0o750) },
		"a pipe":   func(f string) error { return unix.Mkfifo(f, 0o600) },
		"a loop":   func(f string) error { return os.Symlink(f, f) },
	} {
		t.Run(what, func(t *testing.T) {
			dir, _, want := filled(t, 3)
			for range 2 {
				require.NoError(t, os.RemoveAll(filepath.Join(dir, "cursor")))
				require.NoError(t, spoil(filepath.Join(dir, "cursor")))
				assert.Zero(t, survey(t, dir, want))
				_, err := os.Lstat(filepath.Join(dir, "cursor.aside"))
				require.NoError(t, err)
			}
		})
	}
}

// TestMoreStartsThanAreKept: a terminal that starts over and over and reaches nobody keeps a bounded account, and goes on.
func TestMoreStartsThanAreKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	for range 140 {
		s := spool.Open(spool.Options{Dir: dir})
		s.Add(change("unheard"))
		require.NoError(t, s.Close())
	}
	s := spool.Open(spool.Options{Dir: dir})
	require.ErrorContains(t, s.Unread(), "were given up, with")
	assert.LessOrEqual(t, len(s.Ledger()), 121)
	assert.LessOrEqual(t, s.Len(), 120)
	assert.NotEmpty(t, bodies(s, transport.Change))
	require.NoError(t, s.Close())
	s = open(t, spool.Options{Dir: dir})
	require.NoError(t, s.Fault())
	assert.Zero(t, s.Len(), "and what was told is forgotten")
	folders, err := filepath.Glob(filepath.Join(dir, "*-change-*"))
	require.NoError(t, err)
	assert.Less(t, len(folders), 10)
}

// TestAMomentThatCannotRead: what flash has and does not give just now is told later, and behind nothing else; what it never gives is lost in
// the end, and named.
func TestAMomentThatCannotRead(t *testing.T) {
	for _, row := range []struct {
		name string
		mend bool
	}{{"mended", true}, {"for ever", false}} {
		t.Run(row.name, func(t *testing.T) {
			dir, segment, want := filled(t, 3)
			clock := new(timer)
			s := open(t, spool.Options{Dir: dir, Boottime: clock.now})
			before := s.Ledger()[0].Spool
			aside := filepath.Join(t.TempDir(), "aside")
			require.NoError(t, os.Rename(segment, aside))
			require.NoError(t, os.Mkdir(segment, 0o700)) // a read fails, and does not say that nothing is there
			s.Add(change("news"))
			assert.Equal(t, []string{"news"}, drained(s))
			assert.Equal(t, 3, s.Len())
			assert.Zero(t, s.Dropped())
			wait, due := s.Due()
			assert.True(t, due)
			assert.Equal(t, 30*time.Second, wait)
			if row.mend {
				require.NoError(t, os.Remove(segment))
				require.NoError(t, os.Rename(aside, segment))
				clock.pass(wait)
				assert.Equal(t, want, drained(s))
				assert.Zero(t, s.Dropped())
				return
			}
			for range 20 {
				assert.Equal(t, 3, s.Len())
				clock.pass(30 * time.Second)
				assert.Empty(t, drained(s))
			}
			assert.Zero(t, s.Len())
			for _, a := range s.Ledger() {
				if a.Spool == before {
					assert.Equal(t, []spool.Range{{From: 1, To: 3, Why: spool.Damaged}}, a.Lost)
				}
			}
			assert.Equal(t, uint64(3), s.Dropped())
		})
	}
}

// TestAStartThatCannotRead: what one start knows of a journal is not forgotten by the next that cannot read it.
func TestAStartThatCannotRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	s := open(t, spool.Options{Dir: dir})
	for n := range 40 {
		s.Add(change(fmt.Sprint(n)))
	}
	id := s.Ledger()[0].Spool
	require.NoError(t, s.Sync(t.Context()))
	for range 30 {
		s.Done(s.Next(transport.Change))
	}
	require.NoError(t, s.Close())

	found, err := filepath.Glob(filepath.Join(dir, "*-change-"+id, "*"))
	require.NoError(t, err)
	require.NotEmpty(t, found)
	aside := filepath.Join(t.TempDir(), "aside")
	require.NoError(t, os.Rename(found[0], aside))
	require.NoError(t, os.WriteFile(found[0], nil, 0o600))
	require.NoError(t, os.Truncate(found[0], 1<<30)) // longer than any of ours: it is not read
	s = open(t, spool.Options{Dir: dir})
	require.Error(t, s.Unread())
	s.Add(change("news"))
	require.NoError(t, s.Sync(t.Context()))
	require.NoError(t, s.Close())

	require.NoError(t, os.Rename(aside, found[0]))
	s = open(t, spool.Options{Dir: dir})
	require.NoError(t, s.Unread())
	assert.Equal(t, spool.Account{Spool: id, Class: transport.Change, Last: 40, Delivered: 30, Pending: 10, Bytes: 20}, s.Ledger()[0])
	assert.Zero(t, s.Dropped())
}
