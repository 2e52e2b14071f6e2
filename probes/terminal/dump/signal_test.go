package dump_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// blocks is the {} form with the given radios, and nothing known of the others.
func blocks(primary string, parts map[string]string) string {
	part := func(name, unknown string) string {
		if known, ok := parts[name]; ok {
			return known
		}
		return unknown
	}
	return "SignalStrength:{mCdma=CellSignalStrengthCdma: " + part("Cdma", "cdmaDbm=2147483647 level=0") +
		",mGsm=CellSignalStrengthGsm: " + part("Gsm", "rssi=2147483647 ber=2147483647 mTa=2147483647 mLevel=0") +
		",mWcdma=CellSignalStrengthWcdma: " + part("Wcdma", "ss=2147483647 ber=2147483647 rscp=2147483647 ecno=2147483647 level=0") +
		",mTdscdma=CellSignalStrengthTdscdma: " + part("Tdscdma", "rssi=2147483647 ber=2147483647 rscp=2147483647 level=0") +
		",mLte=CellSignalStrengthLte: " + part("Lte", "rssi=2147483647 rsrp=2147483647 rsrq=2147483647 rssnr=2147483647 level=0 parametersUseForLevel=0") +
		",mNr=CellSignalStrengthNr:{ " + part("Nr", "ssRsrp = 2147483647 ssRsrq = 2147483647 ssSinr = 2147483647 level = 0") + " }" + primary + "}"
}

func TestParseSignal(t *testing.T) {
	const lte = ",primary=CellSignalStrengthLte"
	type parts = map[string]string
	for _, row := range []struct {
		name, in string
		want     dump.Signal
	}{
		{"Android 7: LTE at -1, which is unknown, elsewhere", "SignalStrength: 99 -1 -120 -160 -120 -1 -1 99 -114 -12 60 2147483647 gsm|lte", dump.Signal{RAT: "lte", DBm: new(-114.0), RSRQ: new(-12.0), SNR: new(6.0)}},
		{"with its name before it", "mSignalStrength=SignalStrength: 31 0 -120 -160 -120 -1 -1 99 -1 -1 -1 -1 gsm|lte", dump.Signal{RAT: "gsm", DBm: new(-51.0)}},
		{"GSM at its weakest", "SignalStrength: 0 0 -120 -160 -120 -1 -1 99 99 99 99 99 gsm|lte", dump.Signal{RAT: "gsm", DBm: new(-113.0)}},
		{"nothing known", "SignalStrength: 99 99 -120 -160 -120 -1 -1 99 2147483647 2147483647 2147483647 2147483647 gsm|lte", dump.Signal{}},
		{"garbage", "SignalStrength: 32767 2066955648 -67 -73 32767 -1 32767 -1 -30 -11 5 -1 gsm|lte", dump.Signal{}},
		{"a CDMA power on another phone is left over", "SignalStrength: 99 0 -67 -73 -120 -1 -1 99 -1 -1 -1 -1 gsm|lte", dump.Signal{}},
		{"CDMA", "SignalStrength: 99 0 -67 -73 -120 -1 -1 99 2147483647 2147483647 2147483647 2147483647 cdma", dump.Signal{RAT: "cdma", DBm: new(-67.0)}},
		{"CDMA that knows none", "SignalStrength: 20 0 -120 -160 -120 -1 -1 99 -1 -1 -1 -1 cdma", dump.Signal{}},
		{"LTE of a CDMA phone", "SignalStrength: 99 0 -67 -73 -120 -1 -1 99 -100 -30 400 5 cdma", dump.Signal{RAT: "lte", DBm: new(-100.0)}},
		{"TD-SCDMA, Android 6 to 8", "SignalStrength: 20 0 -120 -160 -120 -1 -1 99 -1 -1 -1 -1 -95 gsm|lte", dump.Signal{RAT: "tdscdma", DBm: new(-95.0)}},
		{"TD-SCDMA, Android 9", "SignalStrength: 20 0 -120 -160 -120 -1 -1 99 -1 -1 -1 -1 0 -95 99 255 -24 gsm|lte use_only_rsrp_for_lte_level rscp [] []", dump.Signal{RAT: "tdscdma", DBm: new(-95.0)}},
		{"a vendor's own places are not looked at", "SignalStrength: 20 0 -120 -160 -120 -1 -1 99 -1 -1 -1 -1 -95 -95 -95 gsm|lte", dump.Signal{RAT: "gsm", DBm: new(-73.0)}},
		{"17 numbers without Android 9's words", "SignalStrength: 20 0 -120 -160 -120 -1 -1 99 -1 -1 -1 -1 0 -95 99 255 -90 gsm|lte", dump.Signal{}},
		{"ends in its numbers", "SignalStrength: 20 0 -120 -160 -120 -1 -1 99 -100 -1 -1 -1", dump.Signal{}},
		{"ends in its word", "SignalStrength: 20 0 -120 -160 -120 -1 -1 99 -100 -1 -1 -1 gsm|", dump.Signal{}},
		{"too few numbers", "SignalStrength: 20 0 -120 -160 -120 -1 -1 99 -100 -10 gsm|lte", dump.Signal{}},
		{"null", "null", dump.Signal{}},
		{"masked", "SignalStrength:{****}", dump.Signal{}},

		{"Android 11 and on", blocks(lte, parts{"Lte": "rssi=-71 rsrp=-105 rsrq=-34 rssnr=-20 cqiTableIndex=1 level=3 parametersUseForLevel=0"}), dump.Signal{RAT: "lte", DBm: new(-105.0), RSRQ: new(-34.0), SNR: new(-20.0), Level: new(3)}},
		{"Android 10, whose ratio has no unit", blocks(lte, parts{"Lte": "rssi=-71 rsrp=-140 rsrq=-35 rssnr=15 cqi=1 level=0"}), dump.Signal{RAT: "lte", DBm: new(-140.0), Level: new(0)}},
		{"the primary one, and not a stronger", blocks(",primary=CellSignalStrengthWcdma", parts{"Lte": "rsrp=-80 level=4", "Wcdma": "ss=-55 ber=1 rscp=-110 ecno=1 level=1"}), dump.Signal{RAT: "wcdma", DBm: new(-110.0), Level: new(1)}},
		{"the primary one, though nothing is known of it", blocks(lte, parts{"Wcdma": "ss=-55 rscp=-110 level=1"}), dump.Signal{}},
		{"WCDMA without RSCP", blocks(",primary=CellSignalStrengthWcdma", parts{"Wcdma": "ss=-75 ber=1 rscp=2147483647 ecno=1 level=2"}), dump.Signal{RAT: "wcdma", DBm: new(-75.0), Level: new(2)}},
		{"GSM, whose bars have another name", blocks(",primary=CellSignalStrengthGsm", parts{"Gsm": "rssi=-83 ber=1 mTa=1 mLevel=3"}), dump.Signal{RAT: "gsm", DBm: new(-83.0), Level: new(3)}},
		{"TD-SCDMA", blocks(",primary=CellSignalStrengthTdscdma", parts{"Tdscdma": "rssi=-70 ber=1 rscp=-88 level=9"}), dump.Signal{RAT: "tdscdma", DBm: new(-88.0)}},
		{"CDMA from 10 on", blocks(",primary=CellSignalStrengthCdma", parts{"Cdma": "cdmaDbm=-89 level=2"}), dump.Signal{RAT: "cdma", DBm: new(-89.0), Level: new(2)}},
		{"NR, whose numbers have blanks", blocks(",primary=CellSignalStrengthNr", parts{"Nr": "csiCqiReport = [1, 2] ssRsrp = -156 ssRsrq = 20 ssSinr = 40 level = 1"}), dump.Signal{RAT: "nr", DBm: new(-156.0), RSRQ: new(20.0), SNR: new(40.0), Level: new(1)}},
		{"no primary told: NR before LTE", blocks("", parts{"Lte": "rsrp=-80", "Nr": "ssRsrp = -99"}), dump.Signal{RAT: "nr", DBm: new(-99.0)}},
		{"no primary told, only GSM known", blocks("", parts{"Gsm": "rssi=-83"}), dump.Signal{RAT: "gsm", DBm: new(-83.0)}},
		{"a vendor's words before and behind", "SignalStrength:{mCdma=Invalid,mGsm=Invalid,mLte=CellSignalStrengthLte: rssi=-51 rsrp=-77 rsrq=-9 rssnr=26 level=4 parametersUseForLevel=0,mNr=Invalid,SignalBarInfo{ lteLevel=5 },rat=14,primary=CellSignalStrengthLte,x=1}", dump.Signal{RAT: "lte", DBm: new(-77.0), RSRQ: new(-9.0), SNR: new(26.0), Level: new(4)}},
		{"a primary one that nobody knows", blocks(",primary=CellSignalStrength6G", parts{"Lte": "rsrp=-80"}), dump.Signal{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Equal(t, row.want, dump.ParseSignal(row.in))
			for n := range row.in {
				agrees(t, facts(t, row.want), dump.ParseSignal(row.in[:n]), row.in[:n])
			}
		})
	}
}

// possible fails where a signal cannot be.
func possible(t *testing.T, s dump.Signal) {
	t.Helper()
	within := func(n *float64, least, most float64) bool { return n == nil || *n >= least && *n <= most }
	switch {
	case s.RAT == "" && s != dump.Signal{}, s.RAT != "" && s.DBm == nil:
		t.Errorf("a radio without its power: %+v", s)
	case !strings.Contains(" lte nr gsm wcdma tdscdma cdma ", " "+s.RAT+" ") && s.RAT != "",
		!within(s.DBm, -156, -24), !within(s.RSRQ, -43, 20), !within(s.SNR, -23, 40),
		s.Level != nil && (*s.Level < 0 || *s.Level > 4):
		t.Errorf("impossible: %+v", s)
	}
}

func FuzzParseSignal(f *testing.F) {
	f.Add("SignalStrength: 99 -1 -120 -160 -120 -1 -1 99 -114 -12 60 2147483647 gsm|lte")
	f.Add("SignalStrength: 20 0 -120 -160 -120 -1 -1 99 -1 -1 -1 -1 0 -95 99 255 -24 gsm|lte use_only_rsrp_for_lte_level rscp [] []")
	f.Add(blocks(",primary=CellSignalStrengthNr", map[string]string{"Nr": "ssRsrp = -100 ssRsrq = -10 ssSinr = 4 level = 2"}))
	f.Fuzz(func(t *testing.T, in string) { possible(t, dump.ParseSignal(in)) })
}
