package intake

import "time"

// weeksKept of each hour: the least of them is what is usual. One week is no habit, and a fair is none either.
const weeksKept = 3

// week is how many sales each hour of the week has seen, lately: 168 hours, a byte for each of three weeks and of this one. It is all the history that the
// terminal keeps of its trade.
type week struct {
	Hours map[int][]byte `json:"hours,omitempty"` // hour of the week → the counts of the newest weeks and of the one that is judged, newest last
	Hour  int64          `json:"hour,omitempty"`  // that is being counted, since 1970 in local time
	Count int            `json:"count,omitempty"`
	Last  int64          `json:"last,omitempty"` // ms since 1970 UTC: the last sale
}

const hoursOfWeek = 7 * 24

// hourOf is a moment's local hour since 1970.
func hourOf(t time.Time) int64 {
	_, offset := t.Zone()
	return (t.Unix() + int64(offset)) / 3600
}

// count notes an approved sale.
func (w *week) count(at time.Time) {
	w.move(at)
	w.Count++
	w.Last = max(w.Last, at.UnixMilli())
}

// move closes the hours that are over. A clock that was set back, or far ahead, counts nothing.
func (w *week) move(now time.Time) {
	hour := hourOf(now)
	switch {
	case w.Hour == 0 || hour < w.Hour || hour-w.Hour > hoursOfWeek:
		w.Hour, w.Count = hour, 0
		return
	case hour == w.Hour:
		return
	}
	if w.Hours == nil {
		w.Hours = make(map[int][]byte, hoursOfWeek)
	}
	for ; w.Hour < hour; w.Hour++ {
		i := int(w.Hour % hoursOfWeek)
		seen := append(w.Hours[i], byte(min(w.Count, 255)))
		w.Hours[i] = seen[max(len(seen)-weeksKept-1, 0):]
		w.Count = 0
	}
}

// usual is how many sales the time since the last one has usually seen, by the least of the last weeks; 0 where there are not enough of them.
func (w *week) usual(now time.Time) float64 {
	last := time.UnixMilli(w.Last)
	if w.Last == 0 || now.Sub(last) > hoursOfWeek*time.Hour {
		return 0
	}
	total := 0.0
	for t := last; t.Before(now); {
		next := t.Truncate(time.Hour).Add(time.Hour)
		if next.After(now) {
			next = now
		}
		seen := w.Hours[int(hourOf(t)%hoursOfWeek)]
		if hourOf(t) < w.Hour && len(seen) > 0 {
			seen = seen[:len(seen)-1] // this week's own: an hour without a sale does not make that usual
		}
		if len(seen) < weeksKept {
			return 0
		}
		seen = seen[len(seen)-weeksKept:]
		least := seen[0]
		for _, n := range seen {
			least = min(least, n)
		}
		total += float64(least) * next.Sub(t).Hours()
		t = next
	}
	return total
}
