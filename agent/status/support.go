package status

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/poshealth/poshealth/transport/wire"
)

// supportPath gives the support card as text, and with .svg behind it as a QR code.
const supportPath = "/v1/support"

// support answers GET /v1/support in one of its shapes.
func (s *Server) support(draw func(card string) (contentType, body string, err error)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		snapshot, version := s.o.Board.Get()
		if version == 0 {
			refuseStarting(w)
			return
		}
		contentType, body, err := draw(Support(snapshot))
		if err != nil {
			refuse(w, http.StatusInternalServerError, err.Error())
			return
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, body) // a reader who is gone needs no card
	}
}

func supportSVG(card string) (contentType, body string, err error) {
	q, err := EncodeQR(card)
	if err != nil {
		return "", "", err
	}
	return "image/svg+xml", q.SVG(), nil
}

// maxCard is the longest support card, in bytes: what the largest QR code holds that still fits on 80 columns with its quiet zone
// (version 12, level L, byte mode: ISO/IEC 18004, table 7).
const maxCard = 367

// Support is what a hotline asks for first, on a card of 367 bytes at most that a phone can carry where the terminal has no network.
// It is one way and status only: no amount, no sale's number, no address, nothing secret. Its words are those of the snapshot, and it
// is ASCII, because scanners guess at the encoding of everything else. The findings come last, the worst first, and what does not fit
// is counted.
func Support(s wire.Snapshot) string {
	var b strings.Builder
	line := func(words ...string) {
		text := strings.Join(strings.Fields(plainASCII(strings.Join(words, " "))), " ") + "\n"
		if text != "\n" && b.Len()+len(text)+len(moreLine) <= maxCard {
			b.WriteString(text)
		}
	}
	// What must not be missing has 335 bytes at most.
	line("poshealth", strconv.Itoa(s.Schema))
	line(cut(s.Terminal.ID, 24), cut(s.Terminal.Tenant, 16))
	line(minute(s.Session.At), offset(s.Session))
	for _, q := range [...]struct {
		name string
		wire.Answer
	}{{"take_card", s.Verdict.TakeCard}, {"settle", s.Verdict.Settle}} {
		line(q.name, cut(q.Level, 9), cut(refName(q.Root), 34), prefixed("lacks ", cut(q.Lacks, 6)))
	}
	line("charge_again", s.Verdict.ChargeAgain, prefixed("by ", level(s)))
	line(unsettledWords(s))
	line(lastTimes(s)...)
	line("agent", cut(s.Terminal.Agent, 24), prefixed("app ", cut(fact(s, "app", "version"), 16)))
	line(cut(s.Terminal.Model, 24), cut(s.Terminal.OS, 16))
	return b.String() + besides(s, maxCard-b.Len())
}

// level is how much the payment app tells, the best of what the verdicts rest on: app-l0, app-l1, app-l2 or host.
func level(s wire.Snapshot) string {
	by := append(append([]string{}, s.Verdict.Settle.RestsOn...), s.Verdict.TakeCard.RestsOn...)
	for _, level := range [...]string{"app-l2", "app-l1", "app-l0", "host"} {
		if slices.Contains(by, level) {
			return level
		}
	}
	return ""
}

// unsettledWords counts what is not yet sure money, and says what ends it first.
func unsettledWords(s wire.Snapshot) string {
	u, text := s.Verdict.Unsettled, ""
	if u != nil {
		for _, n := range [...]struct {
			name string
			n    int
		}{{"in_doubt", u.InDoubt}, {"reversals", u.Reversals}, {"offline", u.Offline}, {"batch", u.Batch}} {
			if n.n > 0 {
				text += fmt.Sprintf("%s %d ", n.name, n.n)
			}
		}
		text += prefixed("since ", clockIn(s, u.OldestAt)) + " "
	}
	if d := s.Verdict.Deadline; d != nil {
		text += prefixed("due ", clockIn(s, d.At)) + " " + cut(d.Ends, 16)
	}
	return text
}

// lastTimes are when a payment host answered last, and when the fleet was told last.
func lastTimes(s wire.Snapshot) []string {
	var words []string
	best := -1.0
	for _, r := range s.Results {
		kind, _, _ := strings.Cut(r.Probe, "/")
		if (kind == "tcp" || kind == "tls" || kind == "iso8583") && r.Outcome == "pass" && (best < 0 || r.AgeS < best) {
			best = r.AgeS
		}
	}
	if at, err := time.Parse(time.RFC3339, s.Session.At); err == nil && best >= 0 {
		words = append(words, "host", at.Add(-time.Duration(best*float64(time.Second))).Format("15:04"))
	}
	if r := s.Report; r != nil {
		words = append(words, "report", r.State, clockIn(s, r.LastSent))
		if r.Queued > 0 {
			words = append(words, "queued", strconv.Itoa(r.Queued))
		}
	}
	return words
}

// moreLine says how many findings are left out: as long as the format is the longest of them.
const moreLine = "+%d more\n"

// besides lists the findings, as many as fit into room bytes: each with its severity's first letter (i, d, m for imminent, b) and since when.
func besides(s wire.Snapshot, room int) string {
	all := append([]wire.Finding{}, s.Findings...)
	sort.SliceStable(all, func(i, j int) bool { return rank(all[i].Severity) > rank(all[j].Severity) })
	text := ""
	for i, f := range all {
		letter := "?"
		switch f.Severity {
		case "info", "degraded", "blocking":
			letter = f.Severity[:1]
		case "imminent":
			letter = "m"
		}
		next := plainASCII(letter+" "+cut(refName(&wire.Ref{Code: f.Code, Subject: f.Subject}), 44)+" "+clockIn(s, f.Since)) + "\n"
		room -= len(next)
		if room < len(moreLine) && i < len(all)-1 || room < 0 {
			return text + fmt.Sprintf(moreLine, min(len(all)-i, 99))
		}
		text += next
	}
	return text
}

// refName is a finding's code with its subject.
func refName(r *wire.Ref) string {
	switch {
	case r == nil:
		return ""
	case r.Subject == "":
		return r.Code
	}
	return r.Code + "/" + r.Subject
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// fact is a word that a probe saw, or "".
func fact(s wire.Snapshot, probe, name string) string {
	for _, r := range s.Results {
		for _, f := range r.Facts {
			if r.Probe == probe && f.Name == name {
				return f.Value
			}
		}
	}
	return ""
}

// minute is a moment without its seconds, in its own zone.
func minute(at string) string {
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return ""
	}
	return t.Format("2006-01-02T15:04Z07:00")
}

// clockIn is a moment as the terminal's clock shows it.
func clockIn(s wire.Snapshot, at string) string {
	now, err := time.Parse(time.RFC3339, s.Session.At)
	if err != nil {
		return ""
	}
	text, _ := clockTime(at, now, Chinese) // digits alone, as scanners and machines like them
	return strings.Replace(text, " ", "T", 1)
}

func offset(s wire.Session) string {
	if s.ClockOffsetMS == nil {
		return ""
	}
	return fmt.Sprintf("clock %+.1fs", *s.ClockOffsetMS/1000)
}

// cut shortens text to so many bytes of ASCII.
func cut(text string, most int) string {
	text = plainASCII(text)
	return text[:min(len(text), most)]
}

// plainASCII puts a question mark in the place of all that is not a printable ASCII character.
func plainASCII(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
}
