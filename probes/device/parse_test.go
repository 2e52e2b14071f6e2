package device

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func read(t testing.TB, name string) string {
	t.Helper()
	content, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	return string(content)
}

func TestParseDF(t *testing.T) {
	const blocks = "Filesystem 1K-blocks Used Available Use% Mounted on\n"
	for _, row := range []struct {
		name, in    string
		total, free float64
		found       bool
	}{
		{"toybox", read(t, "df.txt"), 58013380 << 10, 57380732 << 10, true},
		{"toybox, for people", read(t, "df-h.txt"), 55 << 30, 55 << 30, true},
		{"toolbox, Android 5", "Filesystem               Size     Used     Free   Blksize\n/dev                   446.1M    36.0K   446.1M   4096\n/data                    5.4G     1.2G     4.2G   4096\n", 5.4 * (1 << 30), 4.2 * (1 << 30), true},
		{"blocks of 512 bytes", "Filesystem 512-blocks Used Available Capacity Mounted on\n/dev/dm-1 200 100 100 50% /data\n", 200 * 512, 100 * 512, true},
		{"blocks of a megabyte", "Filesystem 1M-blocks Used Available Use% Mounted on\n/dev/dm-1 200 100 100 50% /data\n", 200 << 20, 100 << 20, true},
		{"a line broken after a long name", blocks + "/dev/block/platform/msm_sdcc.1/by-name/userdata\n  200 150 50 75% /data\n", 200 << 10, 50 << 10, true},
		{"a blank in a name", blocks + "my disk 200 150 50 75% /data\n", 200 << 10, 50 << 10, true},
		{"denied in between", blocks + "df: /mnt/x: Permission denied\n/dev/dm-1 200 150 50 75% /data\n", 200 << 10, 50 << 10, true},
		{"mounted twice: the first", blocks + "/dev/dm-1 200 150 50 75% /data\n/dev/dm-9 2 1 1 50% /data\n", 200 << 10, 50 << 10, true},
		{"under /data, not at it", blocks + "/dev/dm-1 200 150 50 75% /data/media\n", 0, 0, false},
		{"no header", "/dev/dm-1 200 150 50 75% /data\n", 0, 0, false},
		{"numbers that are none", blocks + "/dev/dm-1 NaN 150 -50 75% /data\n", 0, 0, false},
		{"sizes beyond all disks", blocks + "/dev/dm-1 1e300 150 50 75% /data\n", 0, 0, false},
		{"nothing", "", 0, 0, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			total, free, found := parseDF([]byte(row.in), "/data")
			assert.Equal(t, row.found, found)
			assert.InDelta(t, row.total, total, 0)
			assert.InDelta(t, row.free, free, 0)
		})
	}
}

func FuzzParseDF(f *testing.F) {
	f.Add([]byte(read(f, "df.txt")), "/data")
	f.Add([]byte(read(f, "df-h.txt")), "/system")
	f.Add([]byte("Filesystem Size Used Free Blksize\n/data 5.4G 1.2G 4.2G 4096\n"), "/data")
	f.Fuzz(func(t *testing.T, in []byte, mount string) {
		total, free, found := parseDF(in, mount)
		if total < 0 || free < 0 || total >= 1<<60 || free >= 1<<60 || total != total || free != free {
			t.Errorf("impossible: %v of %v", free, total)
		}
		if !found && (total != 0 || free != 0) {
			t.Errorf("not found, and yet %v of %v", free, total)
		}
	})
}
