// Package fleet is the far side of the terminals' reports: it subscribes to a broker, understands what terminals say, and
// tells it, a line a change.
//
// It knows terminals only by what they send, and believes nothing of it: every message is bounded, every text cleaned
// before it is shown, and nothing that comes can stop it. It stores nothing, commands nothing, and is never linked into
// the terminal's program.
package fleet

import (
	"fmt"
	"strings"
	"time"

	"github.com/poshealth/poshealth/transport/wire"
)

const (
	// MaxTerminals that are told apart: 10,000 with ten findings each take some 50 MB, and more do not fit a screen.
	MaxTerminals = 10_000

	// troubleEvery: a terminal that sends rubbish sends a lot of it; once a minute is enough to know.
	troubleEvery = time.Minute
)

// Message is what came, and when, by this machine's clock.
type Message struct {
	Topic string
	Body  []byte
	At    time.Time
}

// StoryOptions say whose story it is, and in which language.
type StoryOptions struct {
	Tenant string // "": of all tenants, whose names then stand before those of their terminals
	Lang   string // "zh"; anything else is English
}

// Story turns messages into lines. It reads no clock and does no I/O; one goroutine owns it.
type Story struct {
	say       speech
	tenant    string
	terminals map[string]*terminal
	strangers trouble // on topics that are no terminal's
	crowd     trouble // beyond MaxTerminals
}

// NewStory begins a story.
func NewStory(o StoryOptions) *Story {
	return &Story{say: speech{zh: o.Lang == "zh"}, tenant: o.Tenant, terminals: make(map[string]*terminal)}
}

// Tell returns what a message changes: often nothing, seldom more than one line. No message makes it fail.
func (s *Story) Tell(m Message) []Line {
	level := strings.SplitN(m.Topic, "/", 6)
	if len(level) != 5 || level[0] != "pos" || level[1] != "v1" || !goodName(level[2]) || !goodName(level[3]) {
		if told, more := s.strangers.due(m.At); told {
			return []Line{s.unreadable(m.At, clean(m.Topic, maxWord), s.say.say("this is no terminal's topic", "不是终端的主题"), more)}
		}
		return nil
	}
	t := s.terminal(level[2], level[3])
	if t == nil {
		if told, _ := s.crowd.due(m.At); told {
			return []Line{{At: m.At, Kind: Dropped, Tone: Warning, Mark: "!", Text: fmt.Sprintf(
				s.say.say("more than %d terminals report: the others are not shown", "上报终端超过 %d 台，其余不再显示"), MaxTerminals)}}
		}
		return nil
	}
	lines, err := s.read(t, level[3], level[4], m)
	if err != nil {
		if told, more := t.trouble.due(m.At); told {
			return []Line{s.unreadable(m.At, t.name, reason(err), more)}
		}
		return nil
	}
	for i := range lines {
		lines[i].At, lines[i].Terminal = m.At, t.name
	}
	return lines
}

// terminal finds what is remembered of one, or makes room for it; nil: there is no room.
func (s *Story) terminal(tenant, id string) *terminal {
	key := tenant + "/" + id
	t := s.terminals[key]
	if t == nil && len(s.terminals) < MaxTerminals {
		name := key
		if s.tenant != "" {
			name = id
		}
		t = &terminal{name: name}
		s.terminals[key] = t
	}
	return t
}

// read understands one message of a terminal.
func (s *Story) read(t *terminal, id, kind string, m Message) ([]Line, error) {
	if len(m.Body) == 0 {
		return nil, nil // how a retained message is deleted
	}
	switch kind {
	case "state":
		state, err := decodeState(m.Body)
		if err == nil {
			err = sameName(id, state.Terminal)
		}
		if err != nil {
			return nil, err
		}
		return s.state(t, state), nil
	case "health", "event":
		decode := decodeEvent
		if kind == "health" {
			decode = decodePulse
		}
		v, name, err := decode(m.Body)
		if err == nil {
			err = sameName(id, name)
		}
		if err != nil {
			return nil, err
		}
		return s.hear(t, v, m.At), nil
	}
	return nil, nil // a kind that a newer agent has
}

// state tells births and wills. A will counts only if its epoch is that of the last birth: brokers publish the will of an
// old connection after the birth of the new one.
func (s *Story) state(t *terminal, state wire.State) []Line {
	same := t.born && t.epoch == state.Epoch
	if !state.Online {
		if t.born && (!same || !t.online) {
			return nil
		}
		t.born, t.online, t.epoch = true, false, state.Epoch
		line := Line{Kind: Offline, Tone: Warning, Mark: "○", Head: s.say.say("offline", "离线")}
		if t.known {
			_, head, _ := s.say.standing(takeCard, t.take)
			line.Text = s.say.say("last known: ", "最后状态：") + head
		}
		return []Line{line}
	}
	if same && t.online {
		return nil // retained, and heard before
	}
	line := Line{Kind: Online, Tone: Quiet, Mark: "●", Head: s.say.say("online", "在线")}
	switch {
	case t.born && t.online:
		line.Text = s.say.say("on a new connection", "已重新连接")
	case t.born:
		line.Text = s.say.say("back again", "恢复在线")
	}
	if state.Agent != "" {
		line.Notes = append(line.Notes, s.say.say("agent ", "版本 ")+state.Agent)
	}
	t.back = t.born && t.known
	t.born, t.online, t.epoch = true, true, state.Epoch
	return []Line{line}
}

func (s *Story) unreadable(at time.Time, name, why string, more int) Line {
	line := Line{
		At: at, Terminal: name, Kind: Unreadable, Tone: Bad, Mark: "✗",
		Head: s.say.say("unreadable", "无法读取"), Text: clean(why, maxDetail),
	}
	if more > 0 {
		line.Notes = append(line.Notes, fmt.Sprintf(s.say.say("%d more since", "此前另有 %d 条"), more))
	}
	return line
}

// trouble keeps complaints rare.
type trouble struct {
	at     time.Time
	untold int
}

// due says whether to complain now, and how many times it was not done since the last.
func (t *trouble) due(at time.Time) (bool, int) {
	if !t.at.IsZero() && at.Sub(t.at) < troubleEvery {
		t.untold++
		return false, 0
	}
	more := t.untold
	t.at, t.untold = at, 0
	return true, more
}
