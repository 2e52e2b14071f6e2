package clock

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/timescale"
)

const (
	keptFile = "clock"
	// mostKept bytes: a version, a boot id of 36 characters and fifteen numbers.
	mostKept = 400
	// saveEvery spares the flash: what is known is written anew after six hours, or when it means something else.
	saveEvery = 6 * time.Hour
	// offsetMoved and floorMoved are what means something else: somebody set the clock; the newest proof is a day newer.
	offsetMoved, floorMoved = 5 * time.Second, 24 * time.Hour
	// carriedError in ppm is added to a drift from another boot: the terminal may have moved to a warmer place.
	carriedError = 2
)

// kept is what survives a start, in one line of text: what was agreed in which boot, how wrong the wall clock was, how fast it
// runs, and the newest time proved. Times are in nanoseconds.
type kept struct {
	bootID   string
	estimate timescale.Estimate
	proof    proof
	jumped   bool          // the wall clock was behind when the terminal started
	offset   time.Duration // of the wall clock: local minus true
	at       time.Time     // the true time when this was known; only where it was proved
	signed   time.Time     // see [Keeper]
	shown    time.Time
}

func (k kept) given() bool { return k.bootID != "" && !k.at.IsZero() }

// keptVersion of the line's form, and the word that shows that the line is whole.
const keptVersion, keptEnd = "1", "end"

func (k kept) line() string {
	e := k.estimate
	words := []string{keptVersion, k.bootID}
	for _, n := range []int64{
		int64(e.At), int64(e.Origin.Lo), int64(e.Origin.Hi), int64(e.Voices), yes(k.proof.given) | yes(k.proof.vouched)<<1 | yes(k.jumped)<<2,
		int64(k.offset), nanos(k.at), nanos(k.signed), nanos(k.shown), int64(e.Drift.Over),
		int64(k.proof.at), int64(k.proof.origin.Lo), int64(k.proof.origin.Hi),
	} {
		words = append(words, strconv.FormatInt(n, 10))
	}
	return strings.Join(append(words, fmt.Sprintf("%.3f", e.Drift.PPM), fmt.Sprintf("%.3f", e.Drift.Error), keptEnd), " ")
}

func yes(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// nanos is 0 for no time.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// parseKept reads such a line; ok is false for anything else, and for what cannot be true.
func parseKept(line string) (k kept, ok bool) {
	words := strings.Fields(line)
	if len(line) > mostKept || len(words) != 18 || words[0] != keptVersion || words[17] != keptEnd || len(words[1]) > 64 {
		return kept{}, false
	}
	var n [13]int64
	for i := range n {
		v, err := strconv.ParseInt(words[2+i], 10, 64)
		if err != nil {
			return kept{}, false
		}
		n[i] = v
	}
	ppm, errA := strconv.ParseFloat(words[15], 64)
	within, errB := strconv.ParseFloat(words[16], 64)
	const mostPPM = 1e3 // no oscillator runs so wrong
	bad := errA != nil || errB != nil || math.IsNaN(ppm) || math.IsNaN(within) || math.Abs(ppm) > mostPPM || within < 0 || within > mostPPM
	most := int64(furthest) + base().UnixNano()
	for i, v := range n {
		signed := i == 1 || i == 2 || i == 5 || i == 11 || i == 12 // origins and the offset
		bad = bad || v > most || v < -most || v < 0 && !signed
	}
	if bad || n[1] > n[2] || n[11] > n[12] || n[4] > 7 {
		return kept{}, false
	}
	k = kept{bootID: words[1], jumped: n[4]&4 != 0, offset: time.Duration(n[5])}
	k.proof = proof{given: n[4]&1 != 0, vouched: n[4]&2 != 0, at: time.Duration(n[10]), origin: timescale.Span{Lo: time.Duration(n[11]), Hi: time.Duration(n[12])}}
	k.estimate = timescale.Estimate{
		At: time.Duration(n[0]), Origin: timescale.Span{Lo: time.Duration(n[1]), Hi: time.Duration(n[2])}, Voices: int(n[3]), Proved: n[4]&1 != 0,
		Drift: timescale.Drift{PPM: ppm, Error: within, Over: time.Duration(n[9])},
	}
	for i, t := range map[int]*time.Time{6: &k.at, 7: &k.signed, 8: &k.shown} {
		if n[i] > 0 {
			*t = time.Unix(0, n[i])
		}
	}
	return k, true
}

// restore takes over what was kept: in the same boot all of it, in another one what a start does not change.
func (k *Keeper) restore() {
	if k.o.StateDir == "" {
		return
	}
	file := filepath.Join(k.o.StateDir, keptFile)
	line, err := terminal.ReadSmall(file, mostKept)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	found, ok := parseKept(string(line))
	if err == nil && !ok {
		err = errors.New("it is damaged")
	}
	if err != nil {
		k.unread = fmt.Errorf("cannot read the time that was kept in %s: %w", file, err)
		return
	}
	k.kept, k.saved = found, found
	now := k.o.Boottime()
	k.signed, k.shown = floor{found.signed, now}, floor{found.shown, now}
	if found.estimate.Drift.Over > 0 {
		// Known, and not watched in this boot: nobody foretells anything from it.
		k.carried = timescale.Drift{PPM: found.estimate.Drift.PPM, Error: found.estimate.Drift.Error + carriedError, Over: time.Second}
	}
	if found.bootID != k.o.BootID {
		k.jumped = found.given() && found.at.Sub(k.o.Now().Round(0)) > witnessed
		return
	}
	k.jumped = found.jumped
	if found.estimate.At == 0 || found.estimate.At > now || found.proof.at > now {
		return
	}
	k.estimate, k.known, k.proof = found.estimate, true, found.proof
	k.estimate.Proved = k.proof.given && k.proofNow(now).Overlaps(k.estimate.Span(now))
	k.track = timescale.Track{{At: k.estimate.At, Origin: k.estimate.Origin}}
}

// save finds out whether what is known is worth writing. The writing is [Keeper.write]'s, when nobody waits for the lock.
func (k *Keeper) save(now time.Duration, wall time.Time) {
	if k.o.Write == nil || k.o.StateDir == "" {
		return
	}
	next := kept{
		bootID: k.o.BootID, estimate: k.estimate, proof: k.proof, jumped: k.jumped, offset: k.saved.offset, at: k.saved.at,
		signed: k.signed.at(now), shown: k.shown.at(now),
	}
	switch {
	case k.known && k.estimate.Proved:
		next.offset, _ = k.estimate.Offset(now, wall)
		next.at, _ = k.estimate.True(now)
	case !k.known:
		next.estimate.Drift = k.carried
	}
	last := k.saved
	same := last.bootID == next.bootID && next.estimate.At-last.estimate.At < saveEvery && next.proof.given == last.proof.given && next.proof.vouched == last.proof.vouched &&
		(next.offset-last.offset).Abs() < offsetMoved && next.signed.Sub(last.signed).Abs() < floorMoved && next.shown.Sub(last.shown).Abs() < floorMoved
	if !same {
		k.saved, k.unwritten = next, next.line()
	}
}

// write writes what is worth it. What cannot be written, to a full disk above all, is tried again with the next news.
func (k *Keeper) write() {
	k.writing.Lock()
	defer k.writing.Unlock()
	k.mu.Lock()
	line := k.unwritten
	k.unwritten = ""
	k.mu.Unlock()
	if line == "" || k.o.Write(filepath.Join(k.o.StateDir, keptFile), line) == nil {
		return
	}
	k.mu.Lock()
	k.saved.bootID = "" // differs from any other
	k.mu.Unlock()
}
