package diagnose

import (
	"fmt"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

// printerNotReady: without paper a slip is missing, and in most places the sale is good all the same.
func (p *Profile) printerNotReady(e *Evidence) []Match {
	m := mine(findings.Degraded, "printer: "+e.Till().Printer)
	switch e.Till().Printer {
	case "", "OK":
		return nil
	case "PaperLow":
		m.Severity = findings.Info
	default:
		if p.NeedsPaper {
			m.Severity = findings.Blocking
		}
	}
	if p.Electronic {
		return nil
	}
	return []Match{m}
}

func (p *Profile) cardReaderFault(e *Evidence) []Match {
	t := e.Till()
	switch {
	case t.PEDOK == No:
		return []Match{mine(findings.Blocking, "the payment app says that the PIN pad is not well")}
	case t.ReaderOK == No:
		return []Match{mine(findings.Degraded, "the payment app says that a card reader is not well")}
	}
	return nil
}

// settingsInvalid: the app itself cannot sell by its settings.
func (p *Profile) settingsInvalid(e *Evidence) []Match {
	if e.Till().SettingsOK != No {
		return nil
	}
	return []Match{mine(findings.Blocking, "the payment app says that its settings are missing or malformed")}
}

// settingsChanged is told for a day, and then taken for what was meant.
func (p *Profile) settingsChanged(e *Evidence) []Match {
	at := e.Till().SettingsNew
	if !at.Is || e.since(at.At) > p.lasts("settings-changed.lasts") {
		return nil
	}
	return []Match{mine(findings.Degraded, "the payment app's settings became others "+aged(e.since(at.At))+" ago, and its parameters did not")}
}

// parametersStale: a host that asks for a download goes on selling, for some days.
func (p *Profile) parametersStale(e *Evidence) []Match {
	t := e.Till()
	m := mine(findings.Info, "")
	for _, v := range [...]struct{ name, has, wants string }{
		{"parameters", t.Versions.Params, p.Wanted.Params}, {"CA keys", t.Versions.CAPK, p.Wanted.CAPK}, {"AID list", t.Versions.AID, p.Wanted.AID},
	} {
		if v.wants != "" && v.has != "" && CompareVersions(v.has, v.wants) < 0 {
			m.Detail += fmt.Sprintf("%s %s, %s is wanted; ", v.name, v.has, v.wants)
		}
	}
	if t.Asked.Is {
		open := p.tradingFor(e, t.Asked.At)
		m.Detail += "the host asks for a download since " + clockOf(e.wall(t.Asked.At), e.wall(e.now.Boot)) + fmt.Sprintf(" (processing request %d); ", t.AskedFor)
		refused, _ := p.row(e, func(s Sale) bool { return s.RC == "78" })
		switch {
		case open > p.lasts("parameters-stale.imminent") || refused > 0:
			m.Severity = findings.Imminent
		case open > p.lasts("parameters-stale.degraded"):
			m.Severity = findings.Degraded
		}
	}
	if m.Detail == "" {
		return nil
	}
	m.Detail = m.Detail[:len(m.Detail)-2]
	return []Match{m}
}

// intakeSilent: an app that has told nothing is not known, as one that tells nothing any more; one that is not there, or stopped, has its
// own finding.
func (p *Profile) intakeSilent(e *Evidence) []Match {
	t := e.Till()
	if !p.Intake || !t.Known || t.Silent {
		return nil
	}
	if app, ok := e.LastKnown(kindApp); ok {
		if running, told := app.Reading("running"); told && running == 0 {
			return nil
		}
	}
	quiet := p.tradingFor(e, t.Heard)
	if quiet <= p.lasts("intake-silent.after") || !p.open(e) {
		if quiet <= p.lasts("intake-silent.after") {
			return nil
		}
		return []Match{unsure("")}
	}
	m := mine(findings.Info, "no word of the payment app for "+aged(quiet)+" of trading")
	if quiet > p.lasts("intake-silent.degraded") {
		m.Severity = findings.Degraded
	}
	return []Match{m}
}

// locationOff: rules want card terminals to know where they stand. Only the switch is looked at, and no place.
func (p *Profile) locationOff(e *Evidence) []Match {
	r, ok := e.LastKnown(kindSwitches)
	on, told := r.Reading("location")
	if !ok || !told || on != 0 {
		return nil
	}
	m := Match{Severity: findings.Degraded, Detail: "the location service is switched off", Proof: []probes.ID{kindSwitches}, At: r.Boot}
	if p.NeedsLocation {
		m.Severity = findings.Imminent
	}
	return []Match{m}
}

// configRejected: one from afar was not kept.
func (p *Profile) configRejected(e *Evidence) []Match {
	r, ok := e.LastKnown(kindConfig)
	if !ok || r.Outcome != probes.Fail {
		return nil
	}
	return []Match{on("", findings.Info, r.Detail, r)}
}
