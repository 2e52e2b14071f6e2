package main_test

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/wire"
)

// TestCorruptState damages every file that a daemon has left in its state folder, all of them at once, in every way that flash and
// people do. The next daemon starts, says what it could not read, reports, tells the fleet which records are gone, and keeps
// new ones on flash where there is a way to.
func TestCorruptState(t *testing.T) {
	if testing.Short() {
		probetest.Unable(t, "-short leaves out what runs six daemons twice")
	}
	binary, right := buildAgent(t), timeServers(t, 0)
	// What the log says of a file; a file that is cut may still be good in part.
	const usage, name, starts, broker, time, spool = "/usage", "/terminal-id", "/starts", "/broker", "/clock", "the spool's cursor"
	all := []string{usage, name, starts, broker, time, spool}
	rows := make(map[string]func(*testing.T))
	for _, row := range []struct {
		name   string
		damage func(file string) error
		says   []string
		lost   bool   // a record that was stored is known to be gone; else it is told
		held   string // where new records are
		as     []string
	}{
		{name: "garbage", says: all, lost: true, held: "flash", damage: overwrite(func(b []byte) { _, _ = rand.NewChaCha8([32]byte{1}).Read(b) })},
		{name: "zeros", says: all, held: "flash", damage: overwrite(func(b []byte) { clear(b) })},
		{name: "empty", says: all, held: "flash", damage: func(file string) error { return os.Truncate(file, 0) }},
		{name: "halved", says: []string{usage, broker, time}, held: "flash", damage: func(file string) error {
			info, err := os.Stat(file)
			if err != nil {
				return err
			}
			return os.Truncate(file, info.Size()/2)
		}},
		{name: "folders", says: all, held: "flash", damage: replace(func(file string) error { return os.MkdirAll(filepath.Join(file, "within"), 0o750) })},
		{name: "pipes", says: all, held: "flash", damage: replace(func(file string) error { return unix.Mkfifo(file, 0o600) })},
		{name: "unreadable", says: []string{usage, name, starts, broker, time, "/spool/lock"}, held: "memory", damage: func(file string) error { return os.Chmod(file, 0) }, as: mortal(t)},
	} {
		rows[row.name] = func(t *testing.T) {
			s := newShop(t, binary, shopOptions{ntp: right, unset: "id = "})
			for _, file := range s.leave() {
				require.NoError(t, row.damage(file), file)
			}
			d := s.open(row.as...)
			now := d.until("that it reports, and where records are", func(now wire.Snapshot) bool {
				return reports("pass")(now) && now.Report.Sent > 0 && changesOf(now).Last > 0 && changesOf(now).Held == row.held
			})
			assert.Equal(t, row.lost, now.Report.Dropped > 0, "a record that is gone is counted")
			if row.lost {
				s.hearsPulse("which records are gone", func(p wire.Snapshot) bool {
					return p.Report != nil && len(p.Report.Ledger) > 0 && len(p.Report.Ledger[0].Lost) > 0 && p.Report.Ledger[0].Lost[0].Reason == "damaged"
				})
			}
			require.NoError(t, s.host.SetMode(probetest.HostClosed))
			s.hearsOf("host-unreachable")
			for _, file := range row.says {
				assert.Regexp(t, "level=WARN .*"+file, d.server.log())
			}
			s.calm(d)
		}
	}
	atOnce(t, rows)
}

// mortal runs a program as root without root's right to read what nobody may.
func mortal(t *testing.T) []string {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	return []string{probetest.Need(t, "setpriv"), "--bounding-set", "-dac_override,-dac_read_search", "--"}
}

func overwrite(with func([]byte)) func(string) error {
	return func(file string) error {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		with(content)
		return os.WriteFile(file, content, 0o600)
	}
}

func replace(by func(string) error) func(string) error {
	return func(file string) error {
		if err := os.Remove(file); err != nil {
			return err
		}
		return by(file)
	}
}

// leave has a daemon leave all that it keeps: what it has learned, and records that the fleet does not have.
func (s *shop) leave() (files []string) {
	s.t.Helper()
	d := s.open()
	d.until("all is well", func(now wire.Snapshot) bool { return reports("pass")(now) && now.Report.Sent > 0 && allClear(now) })
	s.door.shut(s.t)
	require.NoError(s.t, s.host.SetMode(probetest.HostClosed))
	now := d.until("the host is gone", func(now wire.Snapshot) bool {
		return hasFinding(now.Findings, "host-unreachable") && changesOf(now).Pending > 0
	})
	s.isStored(changesOf(now))
	d.kill()
	require.NoError(s.t, s.host.SetMode(probetest.HostOK))
	s.door.reopen(s.t)
	require.NoError(s.t, filepath.WalkDir(s.state, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	}))
	require.Len(s.t, files, 8, "broker, clock, starts, terminal-id, usage, and of the spool cursor, lock and a segment")
	return files
}
