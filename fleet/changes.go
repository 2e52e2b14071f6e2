package fleet

import (
	"time"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/transport/wire"
)

// hear tells what became different since a terminal was heard last. It compares what stands, so that a message lost on the
// way is made good by the next; only what has been overtaken is told by the changes that it names.
func (s *Story) hear(t *terminal, v view, at time.Time) []Line {
	where := t.place(v.session)
	if where == again {
		return nil
	}
	late := t.lateness(&v, at)
	lines := s.changes(t, v, where, at, late)
	if line := s.visited(t, v.visit); line != nil {
		lines = append(lines, *line)
	}
	for i := range lines {
		lines[i].Late = late
		if late > 0 {
			lines[i].Notes = append(lines[i].Notes, s.say.say("late by ", "迟到 ")+s.say.lasting(late))
		}
	}
	if where == newest {
		t.known, t.take, t.settle, t.findings = true, v.take.Level, v.settle.Level, v.findings
	}
	return lines
}

// changes tells what became different, by where the message belongs.
func (s *Story) changes(t *terminal, v view, where order, at time.Time, late time.Duration) (lines []Line) {
	switch {
	case where == older && v.pulse:
		return nil
	case where == older:
		lines = s.history(t, v, at.Add(-late))
	case !t.known:
		lines = s.introduce(&v)
	default:
		lines = s.compare(t, &v, t.back && late == 0)
		t.back = t.back && late > 0
	}
	return lines
}

// introduce tells how a terminal stands that is heard for the first time.
func (s *Story) introduce(v *view) []Line {
	line := s.verdict(takeCard, v.take)
	line.Notes = v.model
	lines := []Line{line}
	for _, f := range v.findings {
		if f.by == nil {
			if v.take.Root != nil && f.Ref == *v.take.Root {
				lines[0].Text = "" // it has its own line
			}
			lines = append(lines, s.raised(f, v))
		}
	}
	return lines
}

// compare tells what became different: new roots with what follows from them, what else follows from old ones, what got
// better or worse, and what is gone. back says that how it stands is worth a line in any case.
func (s *Story) compare(t *terminal, v *view, back bool) []Line {
	var lines, changed []Line
	said, saidSettle := false, false // how it stands, by one of the lines
	raised := make(map[wire.Ref]bool)
	for _, f := range v.findings {
		was := find(t.findings, f.Ref)
		switch {
		case f.by != nil:
		case was == nil || was.by != nil:
			raised[f.Ref] = true
			line := s.raised(f, v)
			lines = append(lines, line)
			said, saidSettle = said || line.Level != "", saidSettle || f.affects == findings.Settle
		case was.severity != f.severity:
			line := s.changed(*was, f, v)
			changed = append(changed, line)
			said, saidSettle = said || line.Level != "", saidSettle || f.affects == findings.Settle
		}
	}
	lines = append(append(lines, changed...), s.joined(t, v, raised)...)
	if gone := s.cleared(t, v); gone != nil {
		if v.take.Level != t.take && !said {
			gone.Mark, gone.Head, gone.Tone = s.say.standing(takeCard, v.take.Level)
			gone.Label = s.say.say("cleared: ", "已消除：")
			gone.Level, said = v.take.Level, true
		}
		lines = append(lines, *gone)
	}
	if (v.take.Level != t.take || back) && !said {
		lines = append(lines, s.verdict(takeCard, v.take))
	}
	// That what cannot be taken cannot be settled either is no news.
	if v.settle.Level != t.settle && v.settle.Level != v.take.Level && v.settle.Level != wire.Unknown && !saidSettle {
		lines = append(lines, s.verdict(settle, v.settle))
	}
	return lines
}

// verdict tells one answer, and whom it blames or what it lacks.
func (s *Story) verdict(q question, a wire.Answer) Line {
	line := Line{Kind: Verdict}
	line.Mark, line.Head, line.Tone = s.say.standing(q, a.Level)
	if q == takeCard {
		line.Level = a.Level
	}
	switch {
	case a.Root != nil:
		line.Text = s.say.title(*a.Root)
	case a.Lacks != "":
		line.Text = s.say.lacks(a.Lacks)
	}
	return line
}

// raised tells a root, how the terminal stands with it, and what follows from it.
func (s *Story) raised(f standing, v *view) Line {
	line := Line{Kind: Raised, Refs: []wire.Ref{f.Ref}, Text: s.say.title(f.Ref), Notes: s.say.about(f), Detail: f.detail}
	switch {
	case f.severity == findings.Info.String():
		line.Mark, line.Head, line.Tone = "·", s.say.say("note", "提示"), Plain
	case f.affects&findings.TakeCard != 0:
		line.Mark, line.Head, line.Tone = s.say.standing(takeCard, v.take.Level)
		line.Level = v.take.Level
	case f.affects&findings.Settle != 0:
		line.Mark, line.Head, line.Tone = s.say.standing(settle, v.settle.Level)
	default:
		line.Mark, line.Head, line.Tone = "!", s.say.say("look", "注意"), Warning
	}
	line.follow(s.say, follows(v.findings, f.Ref), nil)
	return line
}

// changed tells that a root got better or worse.
func (s *Story) changed(was, f standing, v *view) Line {
	line := s.raised(f, v)
	line.Kind, line.Label, line.List = Changed, "", nil
	line.Notes[0] = s.say.severity(was.severity) + " → " + line.Notes[0]
	return line
}

// joined tells what else follows from roots that were told before, a line a root.
func (s *Story) joined(t *terminal, v *view, raised map[wire.Ref]bool) []Line {
	var roots []wire.Ref
	fresh := make(map[wire.Ref]map[wire.Ref]bool)
	for _, f := range v.findings {
		if f.by == nil || raised[*f.by] {
			continue
		}
		if was := find(t.findings, f.Ref); was != nil && was.by != nil && *was.by == *f.by {
			continue
		}
		if fresh[*f.by] == nil {
			fresh[*f.by] = make(map[wire.Ref]bool)
			roots = append(roots, *f.by)
		}
		fresh[*f.by][f.Ref] = true
	}
	lines := make([]Line, 0, len(roots))
	for _, root := range roots {
		line := Line{Kind: Joined, Tone: Quiet, Mark: "↳", Head: naming(root), Refs: []wire.Ref{root}}
		line.follow(s.say, follows(v.findings, root), fresh[root])
		lines = append(lines, line)
	}
	return lines
}

// follow lists what follows from a root; what is new beside what was told before is marked.
func (l *Line) follow(say speech, all []standing, fresh map[wire.Ref]bool) {
	for _, f := range all {
		mark := ""
		if fresh[f.Ref] && len(fresh) < len(all) {
			mark = "+"
		}
		l.List = append(l.List, mark+naming(f.Ref))
	}
	if len(l.List) > 0 {
		l.Label = say.say("follows: ", "连带：")
	}
}

// cleared tells what stands no more, and how long it stood; nil when all of it still does.
func (s *Story) cleared(t *terminal, v *view) *Line {
	line := Line{Kind: Cleared, Tone: Good, Mark: "✓", Head: s.say.say("cleared", "已消除")}
	if v.pulse {
		t.pulseCleared = nil
	}
	for _, f := range t.findings {
		if find(v.findings, f.Ref) != nil {
			continue
		}
		line.Refs = append(line.Refs, f.Ref)
		line.List = append(line.List, s.after(f, v.session, t.boot))
		if v.pulse {
			if t.pulseCleared == nil {
				t.pulseCleared = make(map[wire.Ref]bool)
			}
			t.pulseCleared[f.Ref] = true
		}
	}
	if len(line.List) == 0 {
		return nil
	}
	return &line
}

// after names a finding that is gone, a root with how long it stood.
func (s *Story) after(f standing, session wire.Session, boot string) string {
	text := naming(f.Ref)
	if d := stood(f, session, session.BootID == boot); d > 0 && f.by == nil {
		text += s.say.say(" after ", " 持续 ") + s.say.lasting(d)
	}
	return text
}

// history tells changes that have been overtaken: what was raised and what cleared while the terminal could not say so.
func (s *Story) history(t *terminal, v view, then time.Time) []Line {
	var lines []Line
	gone := Line{Kind: Cleared, Tone: Quiet, Mark: "✓", Head: s.at(then), Label: s.say.say("cleared: ", "已消除：")}
	for _, d := range v.changes {
		r := wire.Ref{Code: d.Code, Subject: d.Subject}
		switch d.What {
		case wire.Raised:
			f := find(v.findings, r)
			if f == nil || f.by != nil {
				continue
			}
			if now := find(t.findings, r); now != nil && now.sinceS == f.sinceS {
				continue // told already, by the pulse that overtook it
			}
			line := s.raised(*f, &v)
			line.Tone, line.Head, line.Level = Quiet, s.at(then), ""
			lines = append(lines, line)
		case wire.Cleared:
			if t.pulseCleared[r] {
				delete(t.pulseCleared, r)
				continue
			}
			gone.Refs = append(gone.Refs, r)
			gone.List = append(gone.List, naming(r))
		}
	}
	if len(gone.List) > 0 {
		lines = append(lines, gone)
	}
	return lines
}

func (s *Story) at(then time.Time) string {
	return s.say.say("at ", "当时 ") + then.Format("15:04:05")
}
