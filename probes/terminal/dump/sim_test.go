package dump_test

import (
	"encoding/json"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

func TestParseSIMStates(t *testing.T) {
	for _, row := range []struct {
		in   string
		want []dump.SIMState
	}{
		{"", nil},
		{"READY", []dump.SIMState{dump.SIMReady}},
		{"READY,ABSENT", []dump.SIMState{dump.SIMReady, dump.SIMAbsent}},
		{" LOADED , NOT_READY\n", []dump.SIMState{dump.SIMReady, dump.SIMNotReady}},
		{"UNKNOWN,", []dump.SIMState{"", ""}},
		{",PIN_REQUIRED", []dump.SIMState{"", dump.SIMPINRequired}},
		{"PUK_REQUIRED,NETWORK_LOCKED,PERM_DISABLED,CARD_IO_ERROR", []dump.SIMState{dump.SIMPUKRequired, dump.SIMNetworkLocked, dump.SIMPermDisabled, dump.SIMCardIOError}},
		{"CARD_RESTRICTED,PERSO_LOCKED,ready,6,READY", []dump.SIMState{dump.SIMCardRestricted, dump.SIMNetworkLocked, "", ""}},
	} {
		assert.Equal(t, row.want, dump.ParseSIMStates(row.in), row.in)
	}
}

// subscriptions are the fixtures and what each tells.
func subscriptions() map[string][]dump.Subscription {
	return map[string][]dump.Subscription{
		"dumpsys_isub/7.1-SUNMI-V2_PRO.txt": {{ID: 1, MCCMNC: "46004", Data: true}},
		"made/isub-5.0.txt":                 {{ID: 1, MCCMNC: "46000"}, {ID: 2, Slot: 1, Data: true}},
		"made/isub-10.txt":                  {{ID: 2, MCCMNC: "46000", Data: true, ICCID: "89860012345678901234"}},
		"made/isub-14.txt":                  {{ID: 3, Slot: 1, MCCMNC: "405854"}, {ID: 5, MCCMNC: "40410", Data: true}},
	}
}

func TestParseSubscriptions(t *testing.T) {
	for name, want := range subscriptions() {
		got, err := dump.ParseSubscriptions(sample(t, name))
		require.NoError(t, err, name)
		assert.Equal(t, want, got, name)
		agreesHoweverCut(t, string(sampleBytes(t, name)), dump.ParseSubscriptions)
		lines, whole := taken(t, name, dump.ParseSubscriptions)
		assert.Less(t, lines, whole, name)
	}
}

func TestICCIDIsNeverEncoded(t *testing.T) {
	encoded, err := json.Marshal(dump.Subscription{ID: 1, ICCID: "89860012345678901234"})
	require.NoError(t, err)
	assert.NotContains(t, string(encoded), "8986")
}

func TestParseSubscriptionsOfOddOutput(t *testing.T) {
	const open, end = " ActiveSubInfoList:", "++++++++++++++++++++++++++++++++"
	for _, row := range []struct {
		name string
		in   []string
		want []dump.Subscription
		fail bool
	}{
		{"nothing", nil, nil, true},
		{"denied", []string{"Permission Denial: can't dump isub"}, nil, true},
		{"no SIM", []string{open, end}, nil, false},
		{"ends before the list does", []string{open}, nil, true},
		{"a SIM that was taken out", []string{open, "  {id=1 iccId=8986 simSlotIndex=-1 mcc=460 mnc=00}", end}, nil, false},
		{"an ICCID with letters", []string{open, "  {id=1, iccId=8986001234567890123F simSlotIndex=0 displayName=x mcc 460 mnc 0}", end}, []dump.Subscription{{ID: 1, MCCMNC: "46000"}}, false},
		{"a masked one", []string{open, "  {id=1 iccId=[****] simSlotIndex=0 mcc=460 mnc=[****] x}", end}, []dump.Subscription{{ID: 1}}, false},
		{"a network with three digits that may lack one", []string{open, "  {id=1, iccId=8901 simSlotIndex=0 mcc 310 mnc 26}", "  {id=2, iccId=8901 simSlotIndex=1 mcc 310 mnc 260}", end}, []dump.Subscription{{ID: 1}, {ID: 2, Slot: 1, MCCMNC: "310260"}}, false},
		{"no network", []string{open, "  {id=1, iccId= simSlotIndex=0 mcc 0 mnc 0}", "{id=2 iccId= simSlotIndex=1 mcc=null mnc=null x}", end}, []dump.Subscription{{ID: 1}, {ID: 2, Slot: 1}}, false},
		{"a name that looks like a slot", []string{open, "  {id=1, iccId=898600 displayName= simSlotIndex=3 x}", end}, nil, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := dump.ParseSubscriptions(text(row.in...))
			if row.fail {
				malformed(t, err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, row.want, got)
		})
	}
}

func FuzzParseSubscriptions(f *testing.F) {
	for name := range subscriptions() {
		f.Add(sampleBytes(f, name))
	}
	operator, iccid := regexp.MustCompile(`^([0-9]{5,6})?$`), regexp.MustCompile(`^([0-9]{18,20})?$`)
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := dump.ParseSubscriptions(dump.Lines(in))
		if err != nil {
			malformed(t, err)
		}
		if len(got) > 8 {
			t.Errorf("%d of them", len(got))
		}
		for _, s := range got {
			if s.ID < 0 || s.Slot < 0 || s.Slot > 3 || !operator.MatchString(s.MCCMNC) || !iccid.MatchString(s.ICCID) {
				t.Errorf("impossible: %+v", s)
			}
		}
		if states := dump.ParseSIMStates(string(in)); len(states) > 4 {
			t.Errorf("%d slots", len(states))
		}
	})
}
