package spool_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/spool"
)

// flash is an ext4 file system with blocks of 4 KiB on a block device of its own, as a terminal's, whose writes are counted.
type flash struct{ dir, device string }

func newFlash(t testing.TB) flash {
	t.Helper()
	mkfs, losetup := probetest.Need(t, "mkfs.ext4"), probetest.Need(t, "losetup")
	image := filepath.Join(t.TempDir(), "image")
	f, err := os.Create(image)
	require.NoError(t, err)
	require.NoError(t, f.Truncate(64<<20))
	require.NoError(t, f.Close())
	out, err := exec.Command(mkfs, "-q", "-b", "4096", "-E", "lazy_itable_init=0,lazy_journal_init=0", image).CombinedOutput()
	require.NoError(t, err, string(out))
	out, err = exec.Command(losetup, "--find", "--show", image).CombinedOutput()
	if err != nil {
		probetest.Unable(t, "cannot make a block device: "+string(out))
	}
	fl := flash{dir: t.TempDir(), device: strings.TrimSpace(string(out))}
	t.Cleanup(func() { _ = exec.Command(losetup, "--detach", fl.device).Run() })
	require.NoError(t, unix.Mount(fl.device, fl.dir, "ext4", unix.MS_NOATIME, ""))
	t.Cleanup(func() { _ = unix.Unmount(fl.dir, unix.MNT_DETACH) })
	return fl
}

// written is the number of bytes that the device was given, journal of the file system included, with all that the kernel holds back.
func (f flash) written(t testing.TB) int64 {
	t.Helper()
	dir, err := os.Open(f.dir)
	require.NoError(t, err)
	require.NoError(t, unix.Syncfs(int(dir.Fd())))
	require.NoError(t, dir.Close())
	stat, err := os.ReadFile(filepath.Join("/sys/block", filepath.Base(f.device), "stat"))
	require.NoError(t, err)
	sectors, err := strconv.ParseInt(strings.Fields(string(stat))[6], 10, 64)
	require.NoError(t, err)
	return sectors * 512
}

// TestFlashBytes holds what a durable record of 420 B costs the flash, segments and their making included: 5.2 kB singly, 1.5 kB in
// groups of ten. A growing file takes 17.9 kB, bbolt 24.6.
func TestFlashBytes(t *testing.T) {
	const records = 1900 // they fill their segments
	body := make([]byte, 420)
	for i := range body {
		body[i] = byte(i*7 + 1)
	}
	for _, row := range []struct {
		name  string
		class transport.Class
		group int
		most  int64
	}{
		{"one by one, each delivered", transport.Change, 1, 5200},
		{"in groups of ten", transport.History, 10, 1500},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := newFlash(t)
			told := int64(0)
			s := open(t, spool.Options{Dir: filepath.Join(f.dir, "spool"), Wrote: func(n int64) { told += n }})
			before := f.written(t)
			for n := range records {
				s.Add(transport.Message{Class: row.class, Body: body})
				if (n+1)%row.group > 0 {
					continue
				}
				require.NoError(t, s.Sync(t.Context()))
				if row.class == transport.Change {
					s.Done(s.Next(transport.Change))
				}
			}
			require.NoError(t, s.Close())
			each := (f.written(t) - before) / records
			t.Logf("%d B of flash for a record of %d B; the spool's own count says %d", each, len(body), told/records)
			assert.LessOrEqual(t, each, row.most)
			assert.InEpsilon(t, each, told/records, 0.15, "the spool's own count")
		})
	}
}
