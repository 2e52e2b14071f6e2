package spool_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/spool"
)

// disk is a file system of its own, of so many KiB.
func disk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		probetest.Unable(t, "cannot mount a file system: "+err.Error())
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

// TestRoom: the files stay within their bound. History goes before changes, the oldest before the newest, and all that goes is named.
func TestRoom(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	clock := new(timer)
	s := open(t, spool.Options{Dir: dir, Boottime: clock.now, Flash: 1 << 20})
	for n := range uint64(12) {
		s.Add(transport.Message{Class: transport.Pulse, Seq: n, Body: []byte(strings.Repeat("h", 10_000))})
		clock.pass(15 * time.Minute)
	}
	require.NoError(t, s.Sync(t.Context()))
	s.Add(change("first"))
	for n := range 60 {
		s.Add(change(strings.Repeat("c", 24_000)))
		require.NoError(t, s.Sync(t.Context()))
		assert.LessOrEqual(t, size(t, dir), int64(1<<20+128<<10), "after %d", n)
	}
	ledger := s.Ledger()
	require.Len(t, ledger, 2)
	require.Len(t, ledger[0].Lost, 1)
	assert.Equal(t, uint64(1), ledger[0].Lost[0].From)
	assert.Equal(t, spool.Evicted, ledger[0].Lost[0].Why)
	assert.Equal(t, ledger[0].Last-ledger[0].Lost[0].To, uint64(ledger[0].Pending), "lost and pending are all that there were")
	assert.Zero(t, ledger[1].Pending, "history was the first to go")
	assert.Equal(t, []spool.Range{{From: 1, To: 11, Why: spool.Evicted}}, ledger[1].Lost)
}

func size(t *testing.T, dir string) (n int64) {
	t.Helper()
	require.NoError(t, filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			n += info.Size()
		}
		return err
	}))
	return n
}

// TestFullDisk: what the disk has no room for is kept and sent from memory; when there is room again it is stored.
func TestFullDisk(t *testing.T) {
	root := disk(t, "300k")
	clock := new(timer)
	s := open(t, spool.Options{Dir: filepath.Join(root, "spool"), Boottime: clock.now})
	s.Add(change("before"))
	require.NoError(t, s.Sync(t.Context()))
	ballast := filepath.Join(root, "ballast")
	require.NoError(t, os.WriteFile(ballast, make([]byte, 190<<10), 0o600))
	for range 20 {
		s.Add(change(strings.Repeat("c", 9_000)))
	}
	require.ErrorIs(t, s.Sync(t.Context()), unix.ENOSPC)
	require.ErrorContains(t, s.Fault(), "no space left on device")
	assert.Equal(t, 21, s.Len())
	assert.Zero(t, s.Dropped())
	s.Done(s.Next(transport.Change))
	assert.Len(t, string(s.Next(transport.Change)[0].Body), 9_000)

	require.NoError(t, os.Remove(ballast))
	require.NoError(t, s.Sync(t.Context()))
	require.NoError(t, s.Fault())
	s.Crash()
	again := open(t, spool.Options{Dir: filepath.Join(root, "spool"), Boottime: clock.now})
	assert.Equal(t, 21, again.Len(), "the cursor is written seldom: what it does not know is told again")
}

// TestReadOnlyDisk: what lies there is sent, what comes is kept in memory, and nothing is said twice under one number.
func TestReadOnlyDisk(t *testing.T) {
	root := disk(t, "1m")
	dir := filepath.Join(root, "spool")
	first := open(t, spool.Options{Dir: dir})
	first.Add(change("from before"))
	require.NoError(t, first.Close())
	require.NoError(t, unix.Mount("", root, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))

	s := open(t, spool.Options{Dir: dir})
	require.ErrorIs(t, s.Fault(), unix.EROFS)
	s.Add(change("now"))
	batch := s.Next(transport.Change)
	assert.Equal(t, "from before", string(batch[0].Body))
	s.Done(batch)
	now := s.Next(transport.Change)
	assert.Equal(t, "now", string(now[0].Body))
	assert.NotEqual(t, batch[0].Spool, now[0].Spool)
	s.Done(now)

	require.NoError(t, unix.Mount("", root, "", unix.MS_REMOUNT, ""))
	s.Add(change("later"))
	require.NoError(t, s.Sync(t.Context()))
	s.Crash()
	again := open(t, spool.Options{Dir: dir})
	assert.Equal(t, []string{"later"}, bodies(again, transport.Change))
}

// TestFolderThatCannotBe: a file where the folder should be, or none at all, is a fault and no reason to lose anything.
func TestFolderThatCannotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "spool")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	s := open(t, spool.Options{Dir: file})
	require.ErrorIs(t, s.Fault(), unix.ENOTDIR)
	s.Add(change("a"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, s.Sync(ctx))
	assert.Equal(t, []string{"a"}, bodies(s, transport.Change))
}

// TestFullSpoolThatCannotMakeRoom: where the oldest cannot be removed it is not given up either, and nothing is written beyond the bound.
func TestFullSpoolThatCannotMakeRoom(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	s := open(t, spool.Options{Dir: dir, Flash: 1 << 20})
	for range 30 {
		s.Add(change(strings.Repeat("c", 24_000)))
		require.NoError(t, s.Sync(t.Context()))
	}
	require.Zero(t, s.Dropped(), "room for all, and for few more")
	found, err := filepath.Glob(filepath.Join(dir, "*-change-*", "*"))
	require.NoError(t, err)
	aside := filepath.Join(t.TempDir(), "aside")
	require.NoError(t, os.Rename(found[0], aside))
	require.NoError(t, os.MkdirAll(filepath.Join(found[0], "full"), 0o700)) // in its place, what cannot be removed
	for range 20 {
		s.Add(change(strings.Repeat("c", 24_000)))
	}
	require.ErrorContains(t, s.Sync(t.Context()), "cannot make room for records")
	assert.Zero(t, s.Dropped())
	assert.LessOrEqual(t, size(t, dir), int64(1<<20+128<<10))

	require.NoError(t, os.RemoveAll(found[0]))
	require.NoError(t, os.Rename(aside, found[0]))
	assert.Len(t, bodies(s, transport.Change), 50)
}
