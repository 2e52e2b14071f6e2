package budget

import (
	"fmt"
	"hash/crc32"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/poshealth/poshealth/probes/meter"
)

// Usage is what was used of a period.
type Usage struct {
	Begin, End time.Time // of the period; End is the next one's begin
	At         time.Time // until when
	Paid       [3]int64  // bytes by meter.Class
	Guessed    int64     // bytes that nobody counted: around a power cut, or because what was kept was damaged
	Free       int64     // bytes that cost no data plan; counted since the agent began or the period did

	before   int64   // used in the period before
	heat     float64 // what is used beside what is usual at the level; 0: not known
	level    int
	since    time.Time // of the level
	flashDay int64     // days since 1970
	flash    int64     // bytes on that day
	open     bool      // the agent was running when this was written
	guess    bool      // what was used is not known
}

// Used is all that counts against the budget.
func (u Usage) Used() int64 { return meter.Counts{Paid: u.Paid}.Total() + u.Guessed }

// Version and bound of what is kept: a line of this many bytes at most.
const (
	keptVersion = "usage1"
	MostKept    = 512
)

// line is what is kept: numbers with spaces between, and a sum over them at the end.
func (u Usage) line() string {
	open := 0
	if u.open {
		open = 1
	}
	body := fmt.Sprintf("%s %d %d %d %d %d %d %d %d %d %d %d %d %d %d", keptVersion, u.Begin.Unix(), u.At.Unix(), u.Paid[0], u.Paid[1], u.Paid[2],
		u.Guessed, u.Free, u.before, int64(math.Round(u.heat*1e3)), u.level, u.since.Unix(), u.flashDay, u.flash, open)
	return body + " " + sum(body)
}

func sum(body string) string {
	return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(body)))
}

// mostUnix is the year 2200, and mostBytes more than any plan holds: what is beyond cannot be true, and would overflow.
const (
	mostUnix  = 7258118400
	mostBytes = 1 << 50
)

// parse reads such a line; ok is false for anything else, and for what cannot be true.
func parse(line string) (u Usage, ok bool) {
	line = strings.TrimSpace(line)
	body, crc, found := cutLast(line)
	if len(line) > MostKept || !found || sum(body) != crc {
		return Usage{}, false
	}
	words := strings.Fields(body)
	if len(words) != 15 || words[0] != keptVersion {
		return Usage{}, false
	}
	var n [14]int64
	for i := range n {
		v, err := strconv.ParseInt(words[1+i], 10, 64)
		most := int64(mostBytes)
		if i == 0 || i == 1 || i == 10 {
			most = mostUnix
		}
		if err != nil || v < 0 || v > most {
			return Usage{}, false
		}
		n[i] = v
	}
	if n[0] == 0 || n[9] > mostLevel || n[13] > 1 {
		return Usage{}, false
	}
	return Usage{
		Begin: time.Unix(n[0], 0), At: time.Unix(n[1], 0), Paid: [3]int64{n[2], n[3], n[4]}, Guessed: n[5], Free: n[6], before: n[7],
		heat: float64(n[8]) / 1e3, level: int(n[9]), since: time.Unix(n[10], 0), flashDay: n[11], flash: n[12], open: n[13] == 1,
	}, true
}

func cutLast(line string) (before, after string, found bool) {
	i := strings.LastIndexByte(line, ' ')
	if i < 0 {
		return "", "", false
	}
	return line[:i], line[i+1:], true
}

// period is the one in which t lies: from 00:00 of the day on which it starts to the same in the next month.
func period(t time.Time, starts int, where *time.Location) (begin, end time.Time) {
	t = t.In(where)
	begin = time.Date(t.Year(), t.Month(), starts, 0, 0, 0, 0, where)
	if begin.After(t) {
		begin = begin.AddDate(0, -1, 0)
	}
	return begin, begin.AddDate(0, 1, 0)
}
