package diagnose

import (
	"maps"
	"time"
)

// Limit is a number by which a rule judges, and within which bounds a profile may move it.
type Limit struct {
	Name        string // "reversal-pending.imminent": the finding, and what of it
	Unit        string // s, ms, %, 1, dBm, MB
	Value       float64
	Least, Most float64
	What        string // one sentence for who sets it
}

const minute, hour, day24 = 60, 3600, 86_400

// Limits are all of them, with the values that serve where a profile says nothing. Payments: thresholds as corrected from practice.
func Limits() []Limit {
	return []Limit{
		{"storage-low.degraded", "MB", 100, 10, 10_000, "less free storage is degraded"},
		{"storage-low.imminent", "MB", 20, 2, 1000, "less free storage is imminent: 20 MB are gone in a day of logs"},
		{"storage-low.blocking", "MB", 1, 0, 100, "so little free storage is blocking: payment apps refuse at 1 MB"},
		{"storage-low.share", "%", 5, 1, 20, "a smaller share of free storage is degraded, below 1000 MB: flash file systems grow slow"},
		{"unexpected-reboot.degraded", "1", 2, 1, 4, "starts that nobody asked for, in trading hours of 24 h: degraded"},
		{"unexpected-reboot.imminent", "1", 3, 1, 4, "starts that nobody asked for, in trading hours of 24 h: imminent"},
		{"battery-low.info", "%", 20, 10, 80, "charge of a battery that is not charging: information"},
		{"battery-low.degraded", "%", 10, 5, 50, "charge of a battery that is not charging: degraded"},
		{"battery-low.imminent", "%", 5, 2, 30, "charge of a battery that is not charging: imminent"},

		{"clock-skew.info", "s", 30, 5, 5 * minute, "how wrong the clock is for certain: information, for host time comes in whole seconds"},
		{"clock-skew.degraded", "s", 60, 10, 10 * minute, "how wrong the clock is for certain: degraded"},
		{"clock-skew.imminent", "s", 5 * minute, 30, hour, "how wrong the clock is for certain: imminent, for payment services refuse past 5 min"},

		{"link-flapping.degraded", "1", 3, 2, 20, "times that the link went up or down in 10 min: degraded, for one outage is two"},
		{"link-flapping.imminent", "1", 10, 3, 100, "times that the link went up or down in 10 min: imminent"},
		{"weak-signal.mobile-info", "dBm", -110, -125, -80, "RSRP of the mobile network: information, and degraded where hosts are in trouble as well"},
		{"weak-signal.mobile-imminent", "dBm", -118, -130, -90, "RSRP of the mobile network: imminent where hosts are in trouble as well"},
		{"weak-signal.wifi-info", "dBm", -75, -90, -50, "RSSI of Wi-Fi: information, and degraded where hosts are in trouble as well"},
		{"weak-signal.wifi-imminent", "dBm", -82, -95, -60, "RSSI of Wi-Fi: imminent where hosts are in trouble as well"},
		{"packet-loss.degraded", "%", 2, 0.5, 50, "share of packets lost to a host: degraded, for of ten packets one is lost in 18 % of exchanges"},
		{"packet-loss.imminent", "%", 10, 1, 100, "share of packets lost to a host: imminent, for of ten packets one is lost in 65 % of exchanges"},
		{"packet-reordering.share", "%", 1, 0.1, 50, "share of packets out of order: TCP sends some of them again"},
		{"high-latency.degraded", "ms", 800, 100, 10_000, "round trip to a host, 95th percentile: degraded, for connecting and one message take four"},
		{"high-latency.imminent", "ms", 2000, 200, 30_000, "round trip to a host, 95th percentile: imminent"},

		{"cert-expiring.info", "s", 14 * day24, day24, 90 * day24, "what is left of a certificate that lives longer than 45 days: information"},
		{"cert-expiring.imminent", "s", 3 * day24, hour, 30 * day24, "what is left of a certificate that lives longer than 45 days: imminent, for a weekend leaves three days"},
		{"host-slow.degraded", "ms", 3000, 500, 60_000, "time that a host itself takes to answer, 95th percentile: degraded"},
		{"host-slow.imminent", "ms", 10_000, 1000, 120_000, "time that a host itself takes to answer, 95th percentile: imminent, for customers wait for ten seconds"},

		{"txn-in-doubt.timeout", "s", 65, 30, 300, "a sale begun so long ago without an end is in doubt: the app's own time-out, and 5 s for its telling"},
		{"reversal-pending.imminent", "s", 5 * minute, minute, hour, "a reversal that waits longer is more than degraded"},
		{"reversal-pending.before-cut", "s", hour, 10 * minute, 4 * hour, "a reversal that waits so long before the host's day ends is blocking"},
		{"offline-queue-pending.degraded", "s", hour, 10 * minute, day24, "age of the oldest sale that was not sent: degraded"},
		{"offline-queue-pending.imminent", "s", 12 * hour, hour, 7 * day24, "age of the oldest sale that was not sent: imminent"},
		{"offline-queue-pending.blocking", "s", 20 * hour, hour, 7 * day24, "age of the oldest sale that was not sent: blocking, for some hosts refuse it after 24 h"},
		{"offline-queue-pending.share", "%", 80, 10, 100, "so much of the queue's limit is blocking"},
		{"batch-not-settled.degraded", "s", 20 * hour, hour, 7 * day24, "time since the last settlement, where the terminal captures: degraded"},
		{"batch-not-settled.imminent", "s", 24 * hour, hour, 7 * day24, "time since the last settlement, where the terminal captures: imminent, for the rate gets worse"},
		{"batch-not-settled.blocking", "s", 48 * hour, hour, 14 * day24, "time since the last settlement, where the terminal captures: blocking, for gateways force it closed"},
		{"batch-not-settled.host", "s", 36 * hour, 12 * hour, 30 * day24, "time since the last settlement, where the host captures: information only"},
		{"batch-full.info", "%", 80, 10, 100, "share of the batch's limit: information"},
		{"batch-full.degraded", "%", 95, 10, 100, "share of the batch's limit: degraded; at the limit it is imminent"},
		{"batch-full.over", "1", 10, 0, 500, "so many beyond the limit are blocking: the app refuses the next sale"},
		{"batch-full.limit", "1", 500, 1, 9999, "the batch's limit where the app does not tell it"},
		{"batch-upload-incomplete.after", "s", 10 * minute, minute, hour, "an upload that takes longer has stopped"},
		{"not-signed-on.grace", "s", 30 * minute, 0, 4 * hour, "so long after a settlement or a start it is information"},
		{"sign-on-due.info", "s", 20 * hour, hour, 14 * day24, "age of the last sign-on: information"},
		{"sign-on-due.period", "s", 24 * hour, hour, 14 * day24, "how long a sign-on lasts at the acquirer: past it degraded"},
		{"sign-on-failed.attempts", "1", 2, 1, 10, "failed attempts in a row that block"},
		{"technical-decline-rate.share", "%", 2, 0.5, 50, "share of technical failures among the last day's sales: degraded"},
		{"technical-decline-rate.of", "1", 50, 10, 500, "sales that this share needs"},
		{"technical-decline-rate.least", "1", 3, 1, 100, "failures that this share needs: one of fifty is chance"},
		{"technical-decline-rate.row", "1", 3, 2, 20, "technical failures in a row: imminent"},
		{"technical-decline-rate.of-ten", "1", 5, 2, 10, "technical failures among the last ten sales: blocking"},
		{"cardholder-declines-high.share", "%", 30, 5, 100, "share of the last day's sales that issuers declined: information"},
		{"cardholder-declines-high.of", "1", 10, 5, 500, "sales that this share needs"},
		{"switch-malfunction.count", "1", 3, 1, 20, "answers 96 in ten minutes"},
		{"issuer-unavailable.count", "1", 3, 1, 20, "answers that one issuer is away in ten minutes"},
		{"wallet-service-unstable.count", "1", 3, 1, 20, "orders in half an hour that failed while cards work"},
		{"transactions-silent.expected", "1", 8, 3, 100, "sales that are usual in the time without one: e^-8 is one in three thousand"},
		{"parameters-stale.degraded", "s", 24 * hour, hour, 30 * day24, "trading time since the host asked: degraded"},
		{"parameters-stale.imminent", "s", 72 * hour, hour, 30 * day24, "trading time since the host asked: imminent"},
		{"settings-changed.lasts", "s", day24, hour, 30 * day24, "how long a change of the app's settings is told"},
		{"intake-silent.after", "s", 25 * minute, 10 * minute, 4 * hour, "trading time without a word of the app, while it runs: information"},
		{"intake-silent.degraded", "s", day24, hour, 30 * day24, "trading time without a word of the app: degraded"},
	}
}

// resolved has all of them, as this profile does: rules ask after each look, and must not search.
func (p *Profile) resolved() map[string]float64 {
	all := make(map[string]float64)
	for _, l := range Limits() {
		all[l.Name] = l.Value
	}
	maps.Copy(all, p.Limits)
	return all
}

// limit is one of them, as this profile has it; [Rules] has resolved it.
func (p *Profile) limit(name string) float64 { return p.Limits[name] }

// lasts is a limit in seconds, as a duration.
func (p *Profile) lasts(name string) time.Duration {
	return time.Duration(p.limit(name) * float64(time.Second))
}
