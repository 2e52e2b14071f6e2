package fleet

import (
	"math"
	"strings"
	"time"

	"github.com/poshealth/poshealth/transport/wire"
)

// Bounds of a visit that is shown: what terminals send at most.
const (
	maxBy     = 32 * 4 // bytes
	maxDid    = 5
	maxClosed = 20
)

// cleanVisit is what of a visit may be shown; nil: it is none.
func cleanVisit(v *wire.VisitRecord) *wire.VisitRecord {
	if v == nil {
		return nil
	}
	c := wire.VisitRecord{ID: clean(v.ID, maxWord), State: clean(v.State, maxWord), By: clean(v.By, maxBy), Before: cleanLook(v.Before)}
	if v.After != nil {
		after := cleanLook(*v.After)
		c.After = &after
	}
	if t := v.TookS; t != nil && *t >= 0 && *t <= mostLate.Seconds() && !math.IsNaN(*t) {
		c.TookS = t
	}
	for _, did := range v.Did[:min(len(v.Did), maxDid)] {
		c.Did = append(c.Did, clean(did, maxDetail))
	}
	for _, s := range v.Confirmed[:min(len(v.Confirmed), maxClosed)] {
		c.Confirmed = append(c.Confirmed, wire.Closed{Ref: clean(s.Ref, maxWord), Result: clean(s.Result, maxWord), Reason: clean(s.Reason, maxDetail)})
	}
	return &c
}

// cleanLook keeps what stood: the rest of a look is compared on the terminal's own screen.
func cleanLook(l wire.Look) (c wire.Look) {
	for _, f := range l.Findings[:min(len(l.Findings), maxFindings)] {
		c.Findings = append(c.Findings, wire.Standing{Ref: *cleanRef(&f.Ref), Severity: clean(f.Severity, maxWord)})
	}
	return c
}

// visited tells of a technician who has come or gone; nil where that was told, or there is nothing to tell.
func (s *Story) visited(t *terminal, v *wire.VisitRecord) *Line {
	if v == nil || v.ID+v.State == t.visited {
		return nil
	}
	t.visited = v.ID + v.State
	line := Line{Kind: Visited, Tone: Plain, Mark: "·", Head: s.say.say("visit", "上门")}
	if v.By != "" {
		line.Notes = append(line.Notes, s.say.say("by ", "人员 ")+v.By)
	}
	switch v.State {
	case wire.VisitOpen:
		line.Text = s.say.say("a technician is at work", "维护人员已到场")
		return &line
	case wire.VisitNotEnded:
		line.Text, line.Tone = s.say.say("was not ended", "未登记离场"), Warning
		return &line
	case wire.VisitDone:
		line.Text = s.say.say("done", "已完成")
	default:
		line.Text = v.State // of a newer agent
	}
	if v.TookS != nil {
		line.Notes = append(line.Notes, s.say.lasting(time.Duration(*v.TookS*float64(time.Second))))
	}
	gone, fresh, still := v.Compare()
	line.Tone = Good
	for _, k := range [...]struct {
		all  []wire.Standing
		word string
	}{{gone, s.say.say("gone: ", "已消除：")}, {fresh, s.say.say("new: ", "新出现：")}, {still, s.say.say("still there: ", "仍存在：")}} {
		var names []string
		for _, f := range k.all {
			names = append(names, naming(f.Ref))
		}
		if len(names) > 0 {
			line.Notes = append(line.Notes, k.word+strings.Join(names, ", "))
		}
	}
	if len(fresh)+len(still) > 0 {
		line.Tone = Warning
	}
	for _, c := range v.Confirmed {
		line.Notes = append(line.Notes, strings.TrimSpace(c.Ref+" "+c.Result+" "+c.Reason))
	}
	line.Label, line.List = s.say.say("did: ", "所做工作："), v.Did
	return &line
}
