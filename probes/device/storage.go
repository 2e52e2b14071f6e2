package device

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/shirou/gopsutil/v3/disk"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

// dataMount is where every Android keeps what apps write: the partition whose end ends payment.
const dataMount = "/data"

// StorageOptions say which storage to look at.
type StorageOptions struct {
	Terminal *terminal.Terminal

	// Path is a folder on the file system that matters where there is no /data, as on a plain Linux: the agent's state
	// folder. "" is the root.
	Path string
}

// Storage looks at the room for data.
type Storage struct {
	o StorageOptions
}

var _ probes.Probe = (*Storage)(nil)

// NewStorage returns the probe "storage".
func NewStorage(o StorageOptions) *Storage { return &Storage{o: o} }

// ID is "storage".
func (p *Storage) ID() probes.ID { return "storage" }

// Observe measures the room that an app can still fill, without the blocks that the system keeps for itself. Readings:
// free and total (B), free_share (% of the total), pressure (%, of storage, where the kernel tells it). Fact: mount, the
// path looked at. Of a recorded terminal the kernel knows nothing: there the terminal's df is asked.
func (p *Storage) Observe(ctx context.Context) probes.Observation {
	if o, over := called(ctx, "storage"); over {
		return o
	}
	var total, free float64
	var err error
	path := dataMount
	if p.o.Terminal.Here() {
		path = p.path()
		total, free, err = statfs(ctx, path)
		p.o.Terminal.Note("storage", "statfs", err)
	} else {
		total, free, err = p.df(ctx)
		p.o.Terminal.Note("storage", "df", err)
	}
	if err != nil {
		return terminal.Unknown(err)
	}
	if total <= 0 || free < 0 || free > total {
		return terminal.Unknown(malformed("storage at "+path, "%.0f bytes free of %.0f", free, total))
	}
	return probes.Observation{
		Outcome: probes.Pass,
		Detail:  fmt.Sprintf("%s of %s free on %s", human(free), human(total), terminal.Printable(path, 80)),
		Readings: append([]probes.Reading{
			{Name: "free", Value: free, Unit: probes.Bytes},
			{Name: "total", Value: total, Unit: probes.Bytes},
			{Name: "free_share", Value: share(free, total), Unit: probes.Percent},
		}, pressure(p.o.Terminal, "io")...),
		Facts: []probes.Fact{{Name: "mount", Value: terminal.Printable(path, 128)}},
	}.Bounded()
}

func (p *Storage) path() string {
	if info, err := os.Stat(dataMount); err == nil && info.IsDir() {
		return dataMount
	}
	// A folder that is made with the first start will lie where its nearest ancestor lies.
	for path := p.o.Path; path != "" && path != "."; path = filepath.Dir(path) {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			return path
		}
	}
	return "/"
}

func statfs(ctx context.Context, path string) (total, free float64, err error) {
	usage, err := disk.UsageWithContext(ctx, path)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return 0, 0, &terminal.Error{What: "storage at " + path, Reason: probes.Denied, Err: err}
	case errors.Is(err, fs.ErrNotExist):
		return 0, 0, &terminal.Error{What: "storage at " + path, Reason: probes.Absent, Err: err}
	case err != nil:
		return 0, 0, malformed("storage at "+path, "%w", err)
	}
	return float64(usage.Total), float64(usage.Free), nil
}

func (p *Storage) df(ctx context.Context) (total, free float64, err error) {
	out, err := p.o.Terminal.Run(ctx, "df")
	total, free, found := parseDF(out, dataMount)
	switch {
	case found:
		return total, free, nil // df ends with 1 when any file system of many is denied
	case err != nil:
		return 0, 0, err
	}
	return 0, 0, absent("storage at "+dataMount, "df does not list it")
}
