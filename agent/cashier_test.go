package agent

import (
	"fmt"
	"slices"
	"testing/synctest"
	"time"

	"github.com/poshealth/poshealth/agent/intake"
	"github.com/poshealth/poshealth/transport/downlink"
)

// cashier is a payment app with books of its own, which tells as much of them as its level has.
type cashier struct {
	shop  *shopRig
	payer payer

	batch     string
	count     int
	doubts    map[string]bool
	reversals map[string]bool
	underWay  string
	last      struct {
		ref, outcome string
		at           time.Duration // of the day
	}
	planned []time.Duration
	sold    int
	stateAt time.Duration
	down    bool
	loses   bool
}

func (c *cashier) start() {
	c.doubts, c.reversals = map[string]bool{}, map[string]bool{}
	c.stateAt = c.shop.since()
	c.tell(intake.Hello, fmt.Sprintf("level=%d", max(c.shop.level, 0)))
	c.tellState()
}

// restart begins anew: what was under way the app knows to be in doubt.
func (c *cashier) restart() {
	c.down = false
	c.payer.starts++
	c.payer.seq = 0
	if c.underWay != "" {
		c.doubts[c.underWay], c.underWay = true, ""
	}
	c.tell(intake.Hello, fmt.Sprintf("level=%d", max(c.shop.level, 0)))
	c.tellState()
}

// tell tells an event if the app's level has it.
func (c *cashier) tell(kind string, fields ...string) {
	told := c.shop.level == everything || c.shop.level == onlyStates && (kind == intake.State || kind == intake.Hello)
	if !told || c.down {
		return
	}
	s := c.shop
	line := c.payer.line(s.t, s.now(), s.agent.options.Boottime(), kind, fields)
	if c.loses {
		c.loses = false
		return
	}
	c.payer.hear(s.t, line)
	synctest.Wait()
}

// tellState tells how all stands: at the start, after a change where it is all that is told, and each ten minutes.
func (c *cashier) tellState() {
	fields := []string{
		fmt.Sprintf("in_doubt=%d", len(c.doubts)), fmt.Sprintf("reversals_pending=%d", len(c.reversals)), fmt.Sprintf("batch_count=%d", c.count),
		"batch=" + c.batch, fmt.Sprintf("busy=%t", c.underWay != ""),
	}
	if c.last.ref != "" {
		fields = append(fields, "last_ref="+c.last.ref, "last_outcome="+c.last.outcome, "last_at="+(c.shop.since()-c.last.at).String(), "last_host=0", "last_offline=false")
	}
	c.tell(intake.State, fields...)
}

func (c *cashier) changed() {
	if c.shop.level == onlyStates {
		c.tellState()
	}
}

func (c *cashier) begin(ref string) {
	c.underWay = ref
	c.tell(intake.TxnBegin, "ref="+ref, "batch="+c.batch)
	c.changed()
}

func (c *cashier) end(ref, outcome string, rc []string) {
	c.underWay = ""
	delete(c.doubts, ref)
	switch outcome {
	case "approved":
		c.count++
	case "no_answer", "unknown":
		c.doubts[ref] = true
	}
	c.last.ref, c.last.outcome, c.last.at = ref, outcome, c.shop.since()
	fields := []string{"ref=" + ref, "batch=" + c.batch, "outcome=" + outcome}
	if len(rc) > 0 {
		fields = append(fields, "rc="+rc[0])
	}
	c.tell(intake.TxnEnd, fields...)
	c.changed()
}

// reverse keeps the app's books as its vendor would: what the host has refused, and what was given up, stays in doubt.
func (c *cashier) reverse(ref, state string, rc []string) {
	fields := []string{"ref=" + ref, "batch=" + c.batch, "state=" + state}
	c.reversals[ref] = true
	switch state {
	case "done":
		delete(c.reversals, ref)
		if rc[0] != "12" {
			delete(c.doubts, ref)
		}
	case "abandoned":
		delete(c.reversals, ref)
		fields = append(fields, "attempts=3")
	}
	if len(rc) > 0 {
		fields = append(fields, "rc="+rc[0])
	}
	c.tell(intake.Reversal, fields...)
	c.changed()
}

func (c *cashier) settle() {
	c.tell(intake.Batch, "batch="+c.batch, "state=settled", fmt.Sprintf("count=%d", c.count))
	c.count, c.batch = 0, "000046"
	c.changed()
}

// plan has so many sales go well, one after another.
func (c *cashier) plan(n int, from, every time.Duration) {
	for i := range n {
		c.planned = append(c.planned, from+time.Duration(i)*every)
	}
	slices.Sort(c.planned)
}

// workUntil sells what is planned, and tells the state each ten minutes.
func (c *cashier) workUntil(at time.Duration) {
	for {
		next := at
		sale := len(c.planned) > 0 && c.planned[0] <= at
		if sale {
			next = c.planned[0]
		}
		state := c.stateAt > 0 && c.stateAt+10*time.Minute <= next
		if state {
			next = c.stateAt + 10*time.Minute
		}
		<-time.After(next - c.shop.since())
		switch {
		case state:
			c.stateAt = next
			c.tellState()
		case sale:
			c.planned = c.planned[1:]
			c.sold++
			ref := fmt.Sprintf("%06d", c.sold)
			c.begin(ref)
			c.end(ref, "approved", []string{"00"})
		default:
			return
		}
	}
}

// knowsAll: the acquirer has put everything right.
func (c *cashier) knowsAll() { clear(c.doubts); clear(c.reversals) }

// acquirer sends the word of the acquirer, who knows of what the app has in doubt.
func (c *cashier) acquirer() {
	doubts, reversals := int64(len(c.doubts)), int64(len(c.reversals))
	if c.underWay != "" {
		doubts++
	}
	count := int64(c.count)
	c.payer.sales.hear(&downlink.HostNews{At: c.shop.now().UnixMilli(), InDoubt: &doubts, ReversalsPending: &reversals, BatchCount: &count})
	c.changed()
	synctest.Wait()
}
