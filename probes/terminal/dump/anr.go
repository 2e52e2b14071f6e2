package dump

import (
	"iter"
	"strconv"
	"strings"
	"time"
)

// maxANRHeads bounds the processes read of one file. The first is the one that did not answer; those behind it were only
// asked for their stacks as well.
const maxANRHeads = 8

// ANRHead names one process in the file that Android writes when an app does not answer.
type ANRHead struct {
	PID     int       `json:"pid,omitempty"`
	Process string    `json:"process,omitempty"`
	At      time.Time `json:"at,omitzero"`        // Android 13 and later, which tell the zone; zero: not told
	AtLocal string    `json:"at_local,omitempty"` // local time without a zone
}

// ParseANR reads whose stacks are in a file of /data/anr, and when they were taken: the first process is the one that did
// not answer. At most 8. The stacks are not read. A native process's dump begins the same way, and is read too.
func ParseANR(lines iter.Seq[string]) ([]ANRHead, error) {
	var all []ANRHead
	fresh := false // the line before was a head
	for line := range lines {
		if fresh {
			name, ok := strings.CutPrefix(line, "Cmd line: ")
			name, _, _ = strings.Cut(name, " ") // without arguments
			if ok && plain(name, 128) {
				all[len(all)-1].Process = name
			}
		}
		if fresh && len(all) == maxANRHeads {
			break
		}
		head, ok := anrHead(line)
		if fresh = ok; ok {
			all = append(all, head)
		}
	}
	if len(all) == 0 {
		return nil, Malformed("stacks of an app that did not answer", `no line "----- pid N at TIME -----"`)
	}
	return all, nil
}

// anrHead reads "----- pid 9611 at 2019-08-07 12:23:09 -----", and
// "----- pid 28941 at 2023-04-04 22:06:31.064728684+0200 -----".
func anrHead(line string) (ANRHead, bool) {
	middle, ok := strings.CutPrefix(line, "----- pid ")
	middle, ended := strings.CutSuffix(middle, " -----")
	number, at, cut := strings.Cut(middle, " at ")
	pid, err := strconv.Atoi(number)
	if !ok || !ended || !cut || err != nil || pid < 1 {
		return ANRHead{}, false
	}
	head := ANRHead{PID: pid, At: zonedTime("2006-01-02 15:04:05-0700", at)}
	if len(at) >= len(localForm) {
		head.AtLocal = localTime(at[:len(localForm)])
	}
	return head, true
}
