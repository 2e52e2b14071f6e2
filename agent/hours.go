package agent

import "time"

const (
	// closedStretch: outside trading hours no sale waits for what a look finds, so that names, ports and echoes are looked at each half
	// hour in place of each ten minutes, as long as all is well.
	closedStretch = 3
	// beforeOpening the looks are as close as in the day: what broke in the night is known, and called for, when the first customer comes.
	beforeOpening = 30 * time.Minute
)

// closed tells whether the shop sells nothing now, nor soon.
func (a *Agent) closed(now time.Time) bool {
	open := a.catalog.trading
	return open != nil && !open(now) && !open(now.Add(beforeOpening))
}

// rarer multiplies the time between two looks of a kind: by the budget, and by the hour.
func (a *Agent) rarer(byBudget func(kind string) float64) func(kind string) float64 {
	if !a.shut {
		return byBudget
	}
	return func(kind string) float64 {
		switch kind {
		case "tcp", "dns", "iso8583":
			return max(byBudget(kind), closedStretch)
		}
		return byBudget(kind)
	}
}
