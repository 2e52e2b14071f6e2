package radio_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/radio"
	"github.com/poshealth/poshealth/probes/terminal"
)

// phone is a slot of dumpsys telephony.registry: registered with LTE at a level, and a data connection in some state.
func phone(slot, service, dbm, connection int) string {
	return fmt.Sprintf("  Phone Id=%d\n  mServiceState=%d %d voice home data home CMCC CMCC 46000 CMCC CMCC 46000  LTE LTE CSS not supported -1 -1 RoamInd=-1 DefRoamInd=-1 EmergOnly=false\n"+
		"  mSignalStrength=SignalStrength: 99 0 -120 -160 -120 -1 -1 26 %d -7 262 2147483647 2147483647 gsm|lte\n  mDataConnectionState=%d\n", slot, service, service, dbm, connection)
}

func TestMobile(t *testing.T) {
	const none, in, out = "", 0, 1
	for _, row := range []struct {
		name, states, phones string
		readings             numbers
		facts                words
	}{
		{"the property alone", "READY", none, nil, words{"sim": "ready"}},
		{"the property alone, two slots, the second has the SIM", "ABSENT,READY", none, nil, words{"sim": "ready", "sim_2": "absent"}},
		{"no SIM in either", "ABSENT,ABSENT", none, nil, words{"sim": "absent", "sim_2": "absent"}},
		{"one that is not ready is no SIM to rely on", "NOT_READY,PIN_REQUIRED", none, nil, words{"sim": "pin-required", "sim_2": "not-ready"}},
		{"one that is ready is the one to speak of", "PIN_REQUIRED,READY", none, nil, words{"sim": "ready", "sim_2": "pin-required"}},
		{"four slots", "ABSENT,READY,ABSENT,PUK_REQUIRED", none, nil, words{"sim": "ready", "sim_2": "absent", "sim_3": "absent", "sim_4": "puk-required"}},
		{"a state that nobody knows", "SHINY,READY", none, nil, words{"sim": "ready"}},
		{
			"the modem alone", none, phone(0, in, -101, 2),
			numbers{"signal": -101, "quality": -7, "roaming": 0},
			words{"registration": "in-service", "rat": "LTE", "operator": "46000", "connection": "connected"},
		},
		{
			"the second slot is connected", "READY,READY", phone(0, in, -70, 0) + phone(1, in, -112, 2),
			numbers{"signal": -112, "quality": -7, "roaming": 0},
			words{"sim": "ready", "sim_2": "ready", "registration": "in-service", "rat": "LTE", "operator": "46000", "connection": "connected"},
		},
		{
			"none is connected: the first with a SIM", "ABSENT,READY", phone(0, out, -70, 0) + phone(1, in, -112, 0),
			numbers{"signal": -112, "quality": -7, "roaming": 0},
			words{"sim": "ready", "sim_2": "absent", "registration": "in-service", "rat": "LTE", "operator": "46000", "connection": "disconnected"},
		},
		{
			"the one that is connected has no state", "READY", phone(1, in, -90, 2),
			numbers{"signal": -90, "quality": -7, "roaming": 0},
			words{"sim_2": "ready", "registration": "in-service", "rat": "LTE", "operator": "46000", "connection": "connected"},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			prints(t, root, "getprop", "[ro.product.brand]: [PAX]\n[gsm.sim.state]: ["+row.states+"]\n")
			if row.phones != none {
				answers(t, root, "dumpsys", "telephony.registry", "last known state:\n"+row.phones)
			}
			got := radio.NewMobile(terminal.Open(root), nil).Observe(t.Context())
			require.Equal(t, probes.Pass, got.Outcome, got.Detail)
			probetest.Told(t, got, row.readings, row.facts)
		})
	}
}

// What an app tells counts where Android's programs do not answer.
func TestMobileByFeed(t *testing.T) {
	root := simulated(t, "android-14-app")
	term := terminal.Open(root)
	probe := radio.NewMobile(term, nil)
	require.Equal(t, probes.Denied, probe.Observe(t.Context()).Reason)

	facts, err := terminal.ParseFacts([]byte(`{"version":1,"sims":["ready"],"telephony":{"phones":[{"slot":0,"data":"in-service","connection":"connected","rat":"NR","signal":{"dbm":-95}}]}}`))
	require.NoError(t, err)
	assert.Contains(t, term.Feed().Tell(facts), "mobile")
	got := probe.Observe(t.Context())
	require.Equal(t, probes.Pass, got.Outcome, got.Detail)
	probetest.Told(t, got, numbers{"signal": -95}, words{"sim": "ready", "registration": "in-service", "connection": "connected", "rat": "NR"})
	assert.Equal(t, "SIM ready, in-service, -95 dBm", got.Detail)
}
