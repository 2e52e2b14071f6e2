package mqtt

import "time"

const (
	// LeastRhythm is the shortest keep-alive that is learned: below it the pings alone cost 9 MB in 30 days.
	LeastRhythm = time.Minute
	// MostRhythm is the longest: a server may close a silent line after 20 min, and a broker tells the fleet of a dead terminal after
	// one and a half times as long.
	MostRhythm = 20 * time.Minute

	// enoughAnswers is how many keep-alives must be answered before a longer silence is tried. A ping and its answer cost 218 bytes of
	// IP and a new connection 3.6 kB: so a network that takes every longer silence back costs at most twice as much as one where
	// nothing is tried.
	enoughAnswers = 16
	// mostLosses double that number each: at 240 s the next step is tried after a day and a half of silence then.
	mostLosses = 5
)

// Rhythm learns how long a line may be silent on one network. What address translation allows differs from 30 s to hours, and
// nobody tells. The zero value has learned nothing.
type Rhythm struct {
	Every    time.Duration // the keep-alive for the next connection; 0: nothing was learned
	Answered int           `json:"-"` // keep-alives answered since it was set; not worth a write to flash
	Losses   int           // how often a silence was too long; 0 to 5
}

// Next is the keep-alive for the next connection: what was learned, within bounds, or the one to begin with.
func (r Rhythm) Next(begin time.Duration) time.Duration {
	if r.Every == 0 {
		return begin
	}
	return min(max(r.Every.Truncate(time.Second), LeastRhythm), MostRhythm)
}

// Learn returns what is known after a connection that kept alive with every has borne q more. A line that fell after a silence of
// less than the shortest keep-alive teaches nothing: the network itself was gone.
func (r Rhythm) Learn(every time.Duration, q Quiet) Rhythm {
	if next := r.Next(every); next != every {
		return r // begun before the latest lesson
	}
	r.Every = every
	switch {
	case q.Fell >= LeastRhythm:
		r = Rhythm{Every: max(every/2, LeastRhythm).Truncate(time.Second), Losses: min(max(r.Losses, 0)+1, mostLosses)}
	case q.Answered > 0:
		r.Answered = max(r.Answered, 0) + min(q.Answered, enough(mostLosses))
		if r.Answered >= enough(r.Losses) && every < MostRhythm {
			r = Rhythm{Every: min(2*every, MostRhythm), Losses: r.Losses}
		}
		r.Answered = min(r.Answered, enough(mostLosses))
	}
	return r
}

// enough answers make a longer silence worth a try after so many losses.
func enough(losses int) int { return enoughAnswers << min(max(losses, 0), mostLosses) }
