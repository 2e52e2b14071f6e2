package mqtt_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/transport/mqtt"
)

const begin = 240 * time.Second

// network is one whose address translation forgets a line after a silence.
type network struct{ forgets time.Duration }

// connection lives for some keep-alives on the network, or until it falls.
func (n network) connection(r mqtt.Rhythm, pings int) mqtt.Rhythm {
	every := r.Next(begin)
	if every > n.forgets {
		return r.Learn(every, mqtt.Quiet{Fell: every})
	}
	return r.Learn(every, mqtt.Quiet{Answered: pings})
}

func TestRhythmFindsWhatANetworkBears(t *testing.T) {
	for _, row := range []struct {
		name    string
		forgets time.Duration
		want    time.Duration // what it comes to and stays at
	}{
		{"an operator that forgets after 4.5 min", 270 * time.Second, 240 * time.Second},
		{"a router that forgets after 10 min", 10 * time.Minute, 480 * time.Second},
		{"one that never forgets", 1000 * time.Hour, 20 * time.Minute},
		{"a firewall that forgets after 100 s", 100 * time.Second, time.Minute},
		{"one that is worse than we go", 30 * time.Second, time.Minute},
	} {
		t.Run(row.name, func(t *testing.T) {
			var r mqtt.Rhythm
			lost, at := 0, map[time.Duration]int{}
			for range 3000 {
				before := r
				r = network{row.forgets}.connection(r, 4)
				if r.Losses > before.Losses {
					lost++
				}
				at[r.Next(begin)]++
			}
			assert.Greater(t, at[row.want], 2800, "%v", at)
		})
	}
}

func TestRhythm(t *testing.T) {
	const s = time.Second
	for _, row := range []struct {
		name  string
		r     mqtt.Rhythm
		every time.Duration
		q     mqtt.Quiet
		want  mqtt.Rhythm
	}{
		{"nothing happened", mqtt.Rhythm{}, begin, mqtt.Quiet{}, mqtt.Rhythm{Every: begin}},
		{"not yet enough", mqtt.Rhythm{}, begin, mqtt.Quiet{Answered: 15}, mqtt.Rhythm{Every: begin, Answered: 15}},
		{"enough, over two connections", mqtt.Rhythm{Every: begin, Answered: 15}, begin, mqtt.Quiet{Answered: 1}, mqtt.Rhythm{Every: 2 * begin}},
		{"after a loss more is enough", mqtt.Rhythm{Every: begin, Answered: 15, Losses: 1}, begin, mqtt.Quiet{Answered: 1}, mqtt.Rhythm{Every: begin, Answered: 16, Losses: 1}},
		{"up to the longest", mqtt.Rhythm{Every: 960 * s}, 960 * s, mqtt.Quiet{Answered: 16}, mqtt.Rhythm{Every: 1200 * s}},
		{"and not beyond", mqtt.Rhythm{Every: 1200 * s}, 1200 * s, mqtt.Quiet{Answered: 1 << 30}, mqtt.Rhythm{Every: 1200 * s, Answered: 512}},
		{"a silence that was too long", mqtt.Rhythm{Every: 480 * s, Answered: 3}, 480 * s, mqtt.Quiet{Answered: 3, Fell: 481 * s}, mqtt.Rhythm{Every: 240 * s, Losses: 1}},
		{"down to the shortest", mqtt.Rhythm{Every: 75 * s}, 75 * s, mqtt.Quiet{Fell: 75 * s}, mqtt.Rhythm{Every: 60 * s, Losses: 1}},
		{"the network went away in the midst of talk", mqtt.Rhythm{Every: begin, Answered: 3}, begin, mqtt.Quiet{Fell: s}, mqtt.Rhythm{Every: begin, Answered: 3}},
		{"a connection from before the latest lesson", mqtt.Rhythm{Every: 480 * s}, begin, mqtt.Quiet{Fell: begin}, mqtt.Rhythm{Every: 480 * s}},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Equal(t, row.want, row.r.Learn(row.every, row.q))
		})
	}
	assert.Equal(t, begin, mqtt.Rhythm{}.Next(begin))
	assert.Equal(t, time.Minute, mqtt.Rhythm{Every: -5}.Next(begin), "a kept file may hold anything")
	assert.Equal(t, 20*time.Minute, mqtt.Rhythm{Every: 1 << 62}.Next(begin))
}
