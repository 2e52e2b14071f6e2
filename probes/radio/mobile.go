package radio

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// Mobile looks at the SIM, the registration and the signal.
type Mobile struct {
	t    *terminal.Terminal
	sims *SIMs // whether the SIM is still the one of the installation; nil: not asked
}

var _ probes.Probe = (*Mobile)(nil)

// NewMobile returns the probe "mobile". sims may be nil.
func NewMobile(t *terminal.Terminal, sims *SIMs) *Mobile { return &Mobile{t: t, sims: sims} }

// ID is "mobile".
func (p *Mobile) ID() probes.ID { return "mobile" }

// Observe passes when the SIM's state or the modem's registration could be read. It speaks of the slot that carries data: the
// one that is connected, else the first with a SIM. Facts, each where told: sim, and sim_2 to sim_4 of the other slots
// (ready, absent, pin-required, puk-required, network-locked, not-ready, perm-disabled, card-io-error, card-restricted),
// registration (in-service, out-of-service, emergency-only, radio-off), rat ("LTE"), operator (MCC and MNC), connection
// (disconnected, connecting, connected, suspended), apn. Readings: signal (dBm: RSRP of LTE and NR), quality (dB: RSRQ), roaming, sim_changed (0 or 1).
func (p *Mobile) Observe(ctx context.Context) probes.Observation {
	sims, simErr := terminal.First(
		ctx, p.t, "sim",
		terminal.Way[[]dump.SIMState]{Source: "getprop", Read: p.slots},
		terminal.FromFeed(p.t, func(f *terminal.Facts) *[]dump.SIMState { return f.SIMs }),
	)
	modem, modemErr := terminal.First(
		ctx, p.t, "signal",
		terminal.Dumped(p.t, dump.ParseTelephony, "dumpsys", "telephony.registry"),
		terminal.FromFeed(p.t, func(f *terminal.Facts) *dump.Telephony { return f.Telephony }),
	)
	if simErr != nil && modemErr != nil {
		why := modemErr
		if terminal.ReasonOf(why) == probes.Absent {
			why = simErr // a denial tells more
		}
		return terminal.Unknown(why).Bounded()
	}
	s := sheet{probes.Observation{Outcome: probes.Pass}}
	slot := carrying(sims, modem)
	// Whoever looks for a SIM looks at the slot that carries.
	others := 1
	for i, state := range sims {
		name := "sim"
		if i != slot {
			others++
			name += "_" + strconv.Itoa(others)
		}
		s.fact(name, string(state))
	}
	for _, phone := range modem.Phones {
		if phone.Slot == slot {
			p.phone(&s, phone)
		}
	}
	if p.sims != nil {
		changed, err := p.sims.Changed(ctx, slot)
		if err == nil {
			s.flag("sim_changed", &changed)
		}
	}
	s.o.Detail = "SIM " + orNot(s.o.Fact("sim"))
	if registration := s.o.Fact("registration"); registration != "" {
		s.o.Detail += ", " + registration
	}
	if dbm, told := s.o.Reading("signal"); told {
		s.o.Detail += ", " + strconv.FormatFloat(dbm, 'f', 0, 64) + " dBm"
	}
	return s.o.Bounded()
}

func (p *Mobile) phone(s *sheet, phone dump.Phone) {
	registration := phone.Data
	if registration == "" {
		registration = phone.Voice
	}
	s.fact("registration", string(registration))
	s.fact("rat", phone.RAT)
	s.fact("operator", phone.Operator)
	s.fact("connection", string(phone.Connection))
	s.fact("apn", phone.APN)
	s.reading("signal", phone.Signal.DBm, probes.DBm)
	s.reading("quality", phone.Signal.RSRQ, probes.Decibels)
	s.flag("roaming", phone.Roaming)
}

// slots reads the SIMs' states from the radio's property; while the modem starts they are not known. Android 10 and later hide it
// from apps, without a word.
func (p *Mobile) slots(ctx context.Context) ([]dump.SIMState, error) {
	const property, hiddenFrom = "gsm.sim.state", 29
	props, err := p.t.Props(ctx)
	if err != nil {
		return nil, err
	}
	if states := dump.ParseSIMStates(props[property]); len(states) > 0 {
		return states, nil
	}
	if sdk, _ := strconv.Atoi(props["ro.build.version.sdk"]); sdk >= hiddenFrom && p.t.Level() == terminal.App {
		return nil, &terminal.Error{What: property, Reason: probes.Denied, Err: errors.New("not shown to apps by this Android")}
	}
	return nil, &terminal.Error{What: property, Reason: probes.Absent, Err: errors.New("not set, or not shown to this user")}
}

// carrying is the slot that data goes through, as far as that can be told: the connected one, else the first whose SIM is
// ready, else the first with one that somebody must see to, else the first.
func carrying(sims []dump.SIMState, modem dump.Telephony) int {
	for _, phone := range modem.Phones {
		if phone.Connection == dump.DataConnected {
			return phone.Slot
		}
	}
	if ready := slices.Index(sims, dump.SIMReady); ready >= 0 {
		return ready
	}
	there := func(s dump.SIMState) bool { return s != "" && s != dump.SIMAbsent && s != dump.SIMNotReady }
	return max(0, slices.IndexFunc(sims, there))
}

func orNot(word string) string {
	if word == "" {
		return "not told"
	}
	return word
}
