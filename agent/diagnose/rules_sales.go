package diagnose

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes/response"
)

// online are the sales that a host answered, or did not: what was cancelled before, or sold without the host, says nothing of it.
func online(sales []Sale) []Sale {
	return slices.DeleteFunc(slices.Clone(sales), func(s Sale) bool { return s.Offline || s.Class == response.Cancelled })
}

// lately are the sales since so long ago.
func (e *Evidence) lately(sales []Sale, d time.Duration) []Sale {
	i := slices.IndexFunc(sales, func(s Sale) bool { return e.since(s.At) <= d })
	if i < 0 {
		return nil
	}
	return sales[i:]
}

func count(sales []Sale, of func(Sale) bool) int {
	n := 0
	for _, s := range sales {
		if of(s) {
			n++
		}
	}
	return n
}

func failedSale(s Sale) bool { return s.Class.Failed() || s.Open }

// anew are the sales since three in a row went through, as three good looks end what a probe saw: what was before is over, and one more failure
// does not bring it back.
func anew(sales []Sale) []Sale {
	good := 0
	for i, s := range slices.Backward(sales) {
		if good++; failedSale(s) {
			good = 0
		}
		if good == 3 {
			return sales[i+3:]
		}
	}
	return sales
}

// ofAll leaves out what others' sales show to be no fault of all: wallet orders that fail while cards go through, and cards of a bank that is
// away while those of others do. Who stops selling for them loses what could be sold.
func ofAll(sales []Sale) []Sale {
	card := near(sales, halfHour, func(s Sale) bool { return s.Class == response.Approved && !s.QR() })
	alone := make(map[string][]bool)
	kept := make([]Sale, 0, len(sales))
	for i, s := range sales {
		if failedSale(s) && s.QR() && card[i] {
			continue
		}
		if s.Issuer != "" && issuerAway(s) {
			if alone[s.Issuer] == nil {
				alone[s.Issuer] = near(sales, tenMinutes, func(o Sale) bool { return o.Class == response.Approved && o.Issuer != s.Issuer })
			}
			if alone[s.Issuer][i] {
				continue
			}
		}
		kept = append(kept, s)
	}
	return kept
}

// near tells of each sale whether a good one lies so close to it, before or after.
func near(sales []Sale, d time.Duration, good func(Sale) bool) []bool {
	is := make([]bool, len(sales))
	last := time.Duration(math.MinInt64 / 2)
	for i, s := range sales {
		if good(s) {
			last = s.At
		}
		is[i] = s.At-last <= d
	}
	last = math.MaxInt64
	for i, s := range slices.Backward(sales) {
		if good(s) {
			last = s.At
		}
		is[i] = is[i] || last-s.At <= d
	}
	return is
}

// issuerAway tells whether a host says of a sale that the issuer does not answer.
func issuerAway(s Sale) bool { return slices.Contains([]string{"91", "92", "98", "68"}, s.RC) }

// run counts the newest sales of a kind, back to one that was not.
func run(sales []Sale, of func(Sale) bool) int {
	n := 0
	for n < len(sales) && of(sales[len(sales)-1-n]) {
		n++
	}
	return n
}

// technicalDeclines: a share needs many sales, and a small shop has few: there a row tells sooner.
func (p *Profile) technicalDeclines(e *Evidence) []Match {
	day := ofAll(online(e.Till().Sales))
	recent := e.lately(day, rowLasts)
	ten := anew(recent)
	ten = ten[max(len(ten)-10, 0):]
	row := run(recent, failedSale)
	failures := count(day, failedSale)
	again := count(recent, failedSale)
	share := p.limit("technical-decline-rate.share")
	least := leastShare(float64(failures), float64(len(day))) // where one of 150 fails, three a day are chance
	m := mine(findings.Degraded, "")
	switch {
	case count(ten, failedSale) >= int(p.limit("technical-decline-rate.of-ten")):
		m.Severity = findings.Blocking
		m.Detail = fmt.Sprintf("%d of the last %d sales failed for reasons of systems", count(ten, failedSale), len(ten))
	case row >= int(p.limit("technical-decline-rate.row")):
		m.Severity = findings.Imminent
		m.Detail = fmt.Sprintf("%d sales in a row failed for reasons of systems", row)
	case len(day) >= int(p.limit("technical-decline-rate.of")) && failures >= int(p.limit("technical-decline-rate.least")) &&
		100*float64(failures) >= share*float64(len(day)) && (again >= 2 && least > share/2 || again >= 1 && least > share):
		m.Detail = fmt.Sprintf("%d of %d sales in a day failed for reasons of systems", failures, len(day))
	default:
		return nil
	}
	if code, n := top(recent, failedSale); code != "" {
		m.Detail += fmt.Sprintf(", %d with answer %s", n, code)
	}
	return []Match{m}
}

// top is the code that most of some sales have.
func top(sales []Sale, of func(Sale) bool) (code string, most int) {
	n := make(map[string]int)
	for _, s := range sales {
		if of(s) && s.RC != "" {
			n[s.RC]++
			if n[s.RC] > most {
				code, most = s.RC, n[s.RC]
			}
		}
	}
	return code, most
}

// cardholderDeclines says that it is not the terminal. Codes of limits and rights in a cluster are the merchant's own.
func (p *Profile) cardholderDeclines(e *Evidence) []Match {
	recent := e.lately(online(e.Till().Sales), 24*time.Hour)
	declined := func(s Sale) bool { return s.Class == response.Cardholder }
	merchants := func(s Sale) bool { return slices.Contains([]string{"57", "58", "61", "62", "65"}, s.RC) }
	n, of := count(recent, declined), len(recent)
	cluster := count(e.lately(recent, rowLasts), merchants)
	last := count(e.lately(recent, rowLasts), func(s Sale) bool { return declined(s) || merchants(s) })
	switch {
	case cluster >= clustered && cluster*10 >= last*8:
		return []Match{mine(findings.Degraded, fmt.Sprintf("%d refusals for limits or rights in two hours: the merchant's limit or risk control is likely", cluster))}
	case of < int(p.limit("cardholder-declines-high.of")), 100*float64(n) < p.limit("cardholder-declines-high.share")*float64(of),
		100*float64(count(recent, failedSale)) >= p.limit("technical-decline-rate.share")*float64(of):
		return nil
	}
	m := mine(findings.Info, fmt.Sprintf("%d of %d cards were declined by bank or cardholder", n, of))
	if code, n := top(recent, declined); code != "" {
		m.Detail += fmt.Sprintf(", %d with answer %s", n, code)
	}
	return []Match{m}
}

// clustered: as many refusals of one kind are no single card.
const clustered = 5

// Windows of what a host or an issuer does: an outage of ten minutes is one.
const (
	tenMinutes = 10 * time.Minute
	halfHour   = 30 * time.Minute
)

// switchMalfunction: the acquirer's exchange refuses everything, by its code or by the profile's.
func (p *Profile) switchMalfunction(e *Evidence) []Match {
	return p.perHost(e, func(all []Sale) (Match, bool) {
		bad := func(s Sale) bool { return s.RC == "96" }
		all = anew(all)
		recent := e.lately(all, tenMinutes)
		ten := all[max(len(all)-10, 0):]
		n := count(recent, bad)
		m := mine(findings.Imminent, fmt.Sprintf("answer 96 to %s in 10 min", counted(n, "sale")))
		if five := count(ten, bad); five >= int(p.limit("technical-decline-rate.of-ten")) {
			m.Severity, n = findings.Blocking, max(n, int(p.limit("switch-malfunction.count")))
			m.Detail = fmt.Sprintf("answer 96 to %d of the last %d sales", five, len(ten))
		}
		return m, n >= int(p.limit("switch-malfunction.count"))
	})
}

// perHost judges the sales of the last two hours host by host.
func (p *Profile) perHost(e *Evidence, judge func([]Sale) (Match, bool)) []Match {
	by := make(map[string][]Sale)
	var hosts []string
	for _, s := range e.lately(ofAll(online(e.Till().Sales)), rowLasts) {
		if by[s.Host] == nil {
			hosts = append(hosts, s.Host)
		}
		by[s.Host] = append(by[s.Host], s)
	}
	var matches []Match
	for _, h := range hosts {
		if m, holds := judge(by[h]); holds {
			m.Subject = h
			matches = append(matches, m)
		}
	}
	return matches
}

// issuerUnavailable: one bank's cards fail, and the others' do not. Which bank it is, is known where the profile lists it.
func (p *Profile) issuerUnavailable(e *Evidence) []Match {
	recent := e.lately(online(e.Till().Sales), tenMinutes)
	var matches []Match
	var seen []string
	for _, s := range recent {
		if slices.Contains(seen, s.Issuer) {
			continue
		}
		seen = append(seen, s.Issuer)
		its := func(o Sale) bool { return o.Issuer == s.Issuer }
		n := count(recent, func(o Sale) bool { return its(o) && issuerAway(o) })
		refused := count(recent, func(o Sale) bool { return its(o) && o.Class != response.Approved })
		others := count(recent, func(o Sale) bool { return !its(o) && o.Class == response.Approved })
		m := mine(findings.Degraded, fmt.Sprintf("%s in 10 min: the issuer does not answer", counted(n, "sale")))
		if s.Issuer != "" {
			m.Detail = "cards of " + s.Issuer + ": " + m.Detail
			m.Subject = s.Issuer
		}
		switch {
		case n >= int(p.limit("issuer-unavailable.count")):
		case s.Issuer != "" && refused >= int(p.limit("issuer-unavailable.count")) && others > 0 && refused == count(recent, its):
			m.Severity = findings.Info
			m.Detail = fmt.Sprintf("only cards of %s are refused: %s in 10 min", s.Issuer, counted(refused, "sale"))
		default:
			continue
		}
		matches = append(matches, m)
	}
	return matches
}

// walletUnstable: orders fail while cards go through, so that it is not the network.
func (p *Profile) walletUnstable(e *Evidence) []Match {
	recent := e.lately(online(e.Till().Sales), halfHour)
	var orders, cards []Sale
	for _, s := range recent {
		if s.QR() {
			orders = append(orders, s)
		} else {
			cards = append(cards, s)
		}
	}
	n := run(orders, failedSale)
	if n < int(p.limit("wallet-service-unstable.count")) || count(cards, func(s Sale) bool { return s.Class == response.Approved }) == 0 {
		return nil
	}
	return []Match{mine(findings.Degraded, counted(n, "wallet order")+" in a row failed, while cards go through")}
}

// transactionsSilent: no sale in a time in which this terminal has usually had many. It is told, and changes nothing: nobody knows
// whether there are customers.
func (p *Profile) transactionsSilent(e *Evidence) []Match {
	t := e.Till()
	if t.Usual < p.limit("transactions-silent.expected") || !p.open(e) || !p.appSpeaks(e) {
		return nil
	}
	return []Match{mine(findings.Info, fmt.Sprintf("no sale where this terminal usually has %.0f", t.Usual))}
}
