package device

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// Wear looks at how much of the flash's life is used.
type Wear struct {
	t *terminal.Terminal
}

var _ probes.Probe = (*Wear)(nil)

// NewWear returns the probe "wear".
func NewWear(t *terminal.Terminal) *Wear { return &Wear{t: t} }

// ID is "wear".
func (p *Wear) ID() probes.ID { return "wear" }

// wear is what an eMMC (JEDEC 5.0 on) says of itself.
type wear struct {
	used   *int   // percent of its life, the lower end of the step of ten that it tells
	preEOL string // normal, warning, urgent: how much of its spare blocks is used
}

// Observe reads the eMMC's own estimate. Reading: life_used (%, the worse of its two areas, the lower end of a step of ten).
// Fact: pre_eol (normal, warning, urgent). An SD card has none, and kernels before 4.0 rarely tell.
func (p *Wear) Observe(ctx context.Context) probes.Observation {
	seen, err := terminal.First(ctx, p.t, "wear", terminal.Way[wear]{Source: "/sys/block", Read: p.kernel})
	if err != nil {
		return terminal.Unknown(err).Bounded()
	}
	o := probes.Observation{Outcome: probes.Pass, Detail: "flash"}
	if seen.used != nil {
		o.Detail += fmt.Sprintf(", at least %d %% of its life used", *seen.used)
		o.Readings = append(o.Readings, probes.Reading{Name: "life_used", Value: float64(*seen.used), Unit: probes.Percent})
	}
	if seen.preEOL != "" {
		o.Detail += ", spare blocks: " + seen.preEOL
		o.Facts = append(o.Facts, probes.Fact{Name: "pre_eol", Value: seen.preEOL})
	}
	return o.Bounded()
}

func (p *Wear) kernel(context.Context) (wear, error) {
	const folder = "/sys/block"
	names, err := p.t.Names(folder)
	if err != nil {
		return wear{}, err
	}
	slices.Sort(names)
	why := error(&terminal.Error{What: folder, Reason: probes.Absent, Err: errors.New("no eMMC that tells its wear")})
	for _, name := range names {
		device := folder + "/" + name + "/device/"
		if number, ok := strings.CutPrefix(name, "mmcblk"); !ok || strings.Trim(number, "0123456789") != "" {
			continue // mmcblk0boot0 and mmcblk0rpmb are parts of mmcblk0
		}
		life, lifeErr := p.t.ReadLine(device + "life_time")
		eol, eolErr := p.t.ReadLine(device + "pre_eol_info")
		if lifeErr != nil && eolErr != nil {
			if terminal.ReasonOf(lifeErr) != probes.Absent {
				why = lifeErr
			}
			continue
		}
		a, b := dump.ParseLifeTime(life)
		seen := wear{used: larger(a, b), preEOL: dump.ParsePreEOL(eol)}
		if seen.used == nil && seen.preEOL == "" {
			why = malformed(device+"life_time", "neither %.20q nor %.20q tells anything", life, eol)
			continue
		}
		return seen, nil
	}
	return wear{}, why
}

func larger(a, b *int) *int {
	if a == nil || b != nil && *b > *a {
		return b
	}
	return a
}
