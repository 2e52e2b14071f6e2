package main_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/wire"
)

// mount mounts over the state folder, until the test ends.
func (s *shop) mount(source, kind string, flags uintptr, data string) {
	s.t.Helper()
	if os.Geteuid() != 0 {
		probetest.Unable(s.t, "only root may mount a disk that is full or can only be read")
	}
	if err := unix.Mount(source, s.state, kind, flags, data); err != nil {
		probetest.Unable(s.t, "this machine lets nobody mount: "+err.Error())
	}
	s.t.Cleanup(func() { _ = unix.Unmount(s.state, unix.MNT_DETACH) })
}

// smallDisk is a disk of half a megabyte.
func (s *shop) smallDisk() { s.mount("tmpfs", "tmpfs", 0, "size=512k") }

// fill takes all the room there is, and returns the file that takes it.
func (s *shop) fill() string {
	s.t.Helper()
	file := filepath.Join(s.state, "filler")
	f, err := os.Create(file)
	require.NoError(s.t, err)
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	require.ErrorIs(s.t, err, unix.ENOSPC)
	require.NoError(s.t, f.Close())
	return file
}

// lock makes the state folder one that can only be read: by another mount over it, as the files that the daemon has open would keep
// the disk itself from it. unlock ends that.
func (s *shop) lock() {
	s.t.Helper()
	s.mount(s.state, "", unix.MS_BIND, "")
	require.NoError(s.t, unix.Mount("", s.state, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""))
}

func (s *shop) unlock() {
	s.t.Helper()
	require.NoError(s.t, unix.Unmount(s.state, unix.MNT_DETACH))
}

// holds tells whether the records lie in memory, and that this is why.
func holds(now wire.Snapshot, why string) bool {
	l := changesOf(now)
	return l.Held == "memory" && strings.Contains(l.Fault, why)
}

// again waits until what is to be told is written to flash again.
func (s *shop) again(d *daemon) {
	s.t.Helper()
	s.door.shut(s.t)
	require.NoError(s.t, s.host.SetMode(probetest.HostClosed))
	now := d.until("flash is written again", func(now wire.Snapshot) bool {
		l := changesOf(now)
		return l.Held == "flash" && l.Fault == "" && l.Pending > 0
	})
	s.isStored(changesOf(now))
}

const (
	full   = "no space left on device"
	locked = "read-only file system"
)

// fullDisk: full from the start.
func fullDisk(t *testing.T, s *shop) {
	s.smallDisk()
	filler := s.fill()
	d := s.open()
	d.until("that the disk is full, and that reports go on from memory", func(now wire.Snapshot) bool {
		return hasFinding(now.Findings, "storage-low") && holds(now, full) && now.Report.Sent > 0
	})
	s.hearsOf("storage-low")
	s.hearsPulse("that nothing is kept", func(p wire.Snapshot) bool { return holds(p, full) })
	require.NoError(t, os.Remove(filler))
	s.again(d)
	s.calm(d)
}

// diskFills: what is told lies in room that was taken before; when that is used up it is kept in memory.
func diskFills(t *testing.T, s *shop) {
	s.smallDisk()
	d := s.open()
	d.until("it is reached, and something was stored", func(now wire.Snapshot) bool {
		return reports("pass")(now) && now.Report.Sent > 0 && s.stored(changesOf(now).Spool) > 0
	})
	filler := s.fill()
	s.hearsOf("storage-low")
	d.until("that the disk is full", func(now wire.Snapshot) bool { return hasFinding(now.Findings, "storage-low") })
	s.door.shut(t)
	mode := map[bool]probetest.HostMode{false: probetest.HostClosed, true: probetest.HostOK}
	for down := false; ; down = !down { // until the room is used up
		require.NoError(t, s.host.SetMode(mode[down]))
		now := d.until("another change", func(now wire.Snapshot) bool {
			return hasFinding(now.Findings, "host-unreachable") != down || holds(now, full)
		})
		if holds(now, full) {
			break
		}
	}
	require.NoError(t, os.Remove(filler))
	s.door.reopen(t)
	s.hearsPulse("that nothing is kept", func(p wire.Snapshot) bool { return holds(p, full) })
	s.again(d)
	s.calm(d)
}

// readOnly: from the start. There can be no socket, so the page must say it; what an earlier start stored is told.
func readOnly(t *testing.T, s *shop) {
	s.door.shut(t)
	d := s.open()
	now := d.until("something is stored", func(now wire.Snapshot) bool { return s.stored(changesOf(now).Spool) > 0 && changesOf(now).Pending > 0 })
	before := changesOf(now).Spool
	s.calm(d)
	s.lock()
	s.door.reopen(t)
	d = s.open()
	s.heard.until("what was stored before", func(topic string, body []byte) bool {
		if !strings.HasSuffix(topic, "/event") {
			return false
		}
		e, err := wire.Decode[wire.Event](body)
		require.NoError(t, err)
		return e.Spool.ID == before
	})
	s.hearsPulse("that nothing is kept", func(p wire.Snapshot) bool { return holds(p, locked) })
	require.Eventually(t, func() bool {
		now, err := s.page()
		return err == nil && holds(now, locked)
	}, patience, 100*time.Millisecond, "the page does not say it")
	s.unlock()
	s.hearsPulse("that it is kept again", func(p wire.Snapshot) bool { return changesOf(p).Held == "flash" })
	s.calm(d)
	assert.Contains(t, d.server.log(), locked)
}

// page asks as the page on the terminal does.
func (s *shop) page() (now wire.Snapshot, err error) {
	answer, err := http.Get("http://" + s.listen + "/v1/status")
	if err != nil {
		return now, err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return now, err
	}
	return wire.Decode[wire.Snapshot](body)
}

// turnsReadOnly: while it runs.
func turnsReadOnly(t *testing.T, s *shop) {
	d := s.open()
	d.until("all is well", func(now wire.Snapshot) bool { return reports("pass")(now) && now.Report.Sent > 0 && allClear(now) })
	s.lock()
	require.NoError(t, s.host.SetMode(probetest.HostClosed))
	d.until("that it can only be read", func(now wire.Snapshot) bool { return holds(now, locked) })
	s.hears("raised", "host-unreachable")
	s.hearsPulse("that nothing is kept", func(p wire.Snapshot) bool { return holds(p, locked) })
	require.NoError(t, s.host.SetMode(probetest.HostOK))
	d.until("the host is back", func(now wire.Snapshot) bool { return !hasFinding(now.Findings, "host-unreachable") })
	s.unlock()
	s.again(d)
	s.calm(d)
}
