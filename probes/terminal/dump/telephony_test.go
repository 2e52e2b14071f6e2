package dump_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// phones are the fixtures and what each tells.
func phones() map[string][]dump.Phone {
	yes, no := new(true), new(false)
	return map[string][]dump.Phone{
		"dumpsys_telephony_registry/7.1-MTK-ccmni-in-service.txt": {{
			Voice: dump.InService, Data: dump.InService, EmergencyOnly: no, RAT: "LTE", Operator: "46000", Roaming: no, Connection: dump.DataDisconnected,
			Signal: dump.Signal{RAT: "lte", DBm: new(-87.0), RSRQ: new(-7.0), SNR: new(26.2)},
		}},
		"dumpsys_telephony_registry/7.1-SUNMI-V2_PRO-out-of-service.txt": {{Voice: dump.OutOfService, Data: dump.OutOfService, EmergencyOnly: no}},
		"made/telephony-5.0.txt": {{
			Voice: dump.InService, Data: dump.InService, EmergencyOnly: no, RAT: "EDGE", Operator: "46000", Roaming: no, Connection: dump.DataConnected, APN: "cmnet",
			Signal: dump.Signal{RAT: "gsm", DBm: new(-79.0)},
		}},
		"made/telephony-5.1.txt": {{
			Voice: dump.InService, Data: dump.InService, EmergencyOnly: no, RAT: "HSPA", Operator: "40410", Roaming: yes, Connection: dump.DataConnecting,
			APN: "airtelgprs.com", Signal: dump.Signal{RAT: "gsm", DBm: new(-51.0)},
		}},
		"made/telephony-6.0-dual.txt": {
			{Voice: dump.InService, Data: dump.OutOfService, EmergencyOnly: no, RAT: "CDMA", Operator: "46011", Roaming: no, Connection: dump.DataDisconnected, Signal: dump.Signal{RAT: "cdma", DBm: new(-78.0)}},
			{Slot: 1, Voice: dump.RadioOff, Data: dump.RadioOff, EmergencyOnly: no},
		},
		"made/telephony-8-td-emergency.txt": {{
			Voice: dump.OutOfService, Data: dump.OutOfService, EmergencyOnly: yes, Connection: dump.DataSuspended,
			Signal: dump.Signal{RAT: "tdscdma", DBm: new(-97.0)},
		}},
		"made/telephony-9.txt": {{
			Voice: dump.InService, Data: dump.InService, EmergencyOnly: no, RAT: "HSPA", Roaming: yes, Connection: dump.DataConnected, APN: "internet",
			Signal: dump.Signal{RAT: "wcdma", DBm: new(-93.0)},
		}},
		"made/telephony-9-vendor.txt": {{Connection: dump.DataConnected, Signal: dump.Signal{RAT: "lte", DBm: new(-108.0), RSRQ: new(-13.0)}}},
		"made/telephony-10.txt": {{
			Voice: dump.InService, Data: dump.InService, EmergencyOnly: no, RAT: "LTE", Roaming: no, Connection: dump.DataConnected, APN: "3gnet",
			Signal: dump.Signal{RAT: "lte", DBm: new(-92.0), RSRQ: new(-22.0), Level: new(3)},
		}},
		"made/telephony-13-dual.txt": {
			{Voice: dump.OutOfService, Data: dump.OutOfService, EmergencyOnly: yes, Connection: dump.DataDisconnected},
			{
				Slot: 1, Voice: dump.InService, Data: dump.InService, EmergencyOnly: no, RAT: "LTE", Operator: "302720", Roaming: yes,
				Connection: dump.DataConnected, APN: "ltemobile.apn",
				Signal: dump.Signal{RAT: "lte", DBm: new(-101.0), RSRQ: new(-11.0), SNR: new(9.0), Level: new(3)},
			},
		},
		"made/telephony-15-nr.txt": {{
			Voice: dump.InService, Data: dump.InService, EmergencyOnly: no, RAT: "NR", Operator: "46011", Roaming: no,
			Signal: dump.Signal{RAT: "nr", DBm: new(-102.0), RSRQ: new(-11.0), SNR: new(7.0), Level: new(2)},
		}},
	}
}

func TestParseTelephony(t *testing.T) {
	for name, want := range phones() {
		t.Run(name, func(t *testing.T) {
			got, err := dump.ParseTelephony(sample(t, name))
			require.NoError(t, err)
			assert.Equal(t, want, got.Phones)
		})
	}
}

func TestParseTelephonyCutAnywhere(t *testing.T) {
	for name := range phones() {
		agreesHoweverCut(t, string(sampleBytes(t, name)), dump.ParseTelephony)
	}
}

func TestParseTelephonyStopsBehindThePhones(t *testing.T) {
	for _, name := range []string{"dumpsys_telephony_registry/7.1-MTK-ccmni-in-service.txt", "made/telephony-13-dual.txt"} {
		got, whole := taken(t, name, dump.ParseTelephony)
		assert.Less(t, got, whole, name)
	}
}

func TestParseTelephonyOfOddOutput(t *testing.T) {
	const service = "mServiceState={mVoiceRegState=0(IN_SERVICE), mDataRegState=2(EMERGENCY_ONLY)}"
	for _, row := range []struct {
		name string
		in   []string
		want []dump.Phone // nil: an error
	}{
		{"nothing", []string{""}, nil},
		{"denied", []string{"Permission Denial: can't dump TelephonyRegistry from from pid=1, uid=10053"}, nil},
		{"a heading without phones", []string{"last known state:", "registrations: count=0", "  Phone Id=0"}, nil},
		{"a phone of which nothing is told", []string{"  Phone Id=0", "    mServiceState=null"}, []dump.Phone{{}}},
		{"no heading and no phone id", []string{service}, []dump.Phone{{Voice: dump.InService, Data: dump.EmergencyOnly}}},
		{"slots that no terminal has", []string{"Phone Id=4", service, "Phone Id=-1", service, "Phone Id=x", service}, nil},
		{"a phone twice", []string{"Phone Id=0", service, "Phone Id=0", "mServiceState=3 3"}, []dump.Phone{{Voice: dump.InService, Data: dump.EmergencyOnly}}},
		{"a line twice", []string{"Phone Id=0", "mDataConnectionState=0", "mDataConnectionState=2"}, []dump.Phone{{Connection: dump.DataDisconnected}}},
		{"what a log line says of a subscription", []string{"Phone Id=1", "x subId=0 " + service}, []dump.Phone{{Slot: 1}}},
		{"states that there are not", []string{"Phone Id=0", "mServiceState={mVoiceRegState=7, mDataRegState=(IN_SERVICE)}", "mDataConnectionState=9"}, []dump.Phone{{}}},
		{"all masked", []string{"Phone Id=0", "mServiceState=****", "mSignalStrength=****", "mDataConnectionApn=****"}, []dump.Phone{{}}},
		{"APNs that are none", []string{"Phone Id=0", "mDataConnectionApn=a b"}, []dump.Phone{{}}},
		{"an APN that is too long", []string{"Phone Id=0", "mDataConnectionApn=" + strings.Repeat("a", 65)}, []dump.Phone{{}}},
		{"Android 5, MediaTek's words behind", []string{"Phone Id=0", "mServiceState=0 0 voice home data home 46001 46001 46001 46001 46001 46001  UMTS HSPA CSS not supported -1 -1 RoamInd=-1 DefRoamInd=-1 EmergOnly=false Ril Voice Regist state: 1 Ril Data Regist state: 1"}, []dump.Phone{{
			Voice: dump.InService, Data: dump.InService, EmergencyOnly: new(false), RAT: "HSPA", Operator: "46001", Roaming: new(false),
		}}},
		{"a short one, on Wi-Fi calling", []string{"mServiceState={mVoiceRegState=1(OUT_OF_SERVICE), mDataRegState=1(OUT_OF_SERVICE), mOperatorAlphaLong=[{x, getRilVoiceRadioTechnology=14(LTE), getRilDataRadioTechnology=18(IWLAN)}"}, []dump.Phone{{
			Voice: dump.OutOfService, Data: dump.OutOfService, RAT: "LTE",
		}}},
		{"calls without data: how the calls roam", []string{"mServiceState={mVoiceRegState=0(IN_SERVICE), mDataRegState=1(OUT_OF_SERVICE), mNetworkRegistrationInfos=[NetworkRegistrationInfo{ domain=PS transportType=WWAN registrationState=HOME roamingType=NOT_ROAMING rRplmn=46000 x}, NetworkRegistrationInfo{ domain=CS transportType=WWAN registrationState=ROAMING roamingType=INTERNATIONAL rRplmn=46001 x}]}"}, []dump.Phone{{
			Voice: dump.InService, Data: dump.OutOfService, Operator: "46001", Roaming: new(true),
		}}},
		{"no data connection of the default kind", []string{"Phone Id=0", "mPreciseDataConnectionState=Data Connection state: 2, Network type: 13, APN types: ims, APN: ims, Link properties: null, x"}, []dump.Phone{{}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := dump.ParseTelephony(text(row.in...))
			if row.want == nil {
				malformed(t, err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, row.want, got.Phones)
		})
	}
}

func TestRadioTechnologies(t *testing.T) {
	for name, want := range map[string]string{
		"NR": "NR", "NR_SA": "NR", "LTE": "LTE", "LTE_CA": "LTE", "HSDPA": "HSPA", "HSUPA": "HSPA", "HSPA": "HSPA", "HSPAP": "HSPA", "HSPA+": "HSPA",
		"UMTS": "UMTS", "TD-SCDMA": "TD-SCDMA", "TD_SCDMA": "TD-SCDMA", "EDGE": "EDGE", "GPRS": "GPRS", "GSM": "GSM", "1xRTT": "CDMA", "CDMA-IS95A": "CDMA",
		"EvDo-rev.A": "CDMA", "eHRPD": "CDMA", "IWLAN": "", "Unknown": "", "Unexpected": "", "****": "",
	} {
		for _, line := range []string{
			"mServiceState=0 0 voice home data home A A 46000 A A 46000  " + name + " " + name + " CSS not supported -1 -1",
			"mServiceState=0 0 voice home data home A A 46000 A A 46000  " + name + " Unknown CSS supported -1 -1",
			"mServiceState={mVoiceRegState=0(IN_SERVICE), mDataRegState=0(IN_SERVICE), getRilVoiceRadioTechnology=0(Unknown), getRilDataRadioTechnology=14(" + name + "), x}",
			"mServiceState={mVoiceRegState=0(IN_SERVICE), mDataRegState=0(IN_SERVICE), mRilVoiceRadioTechnology=14(" + name + "), mRilDataRadioTechnology=0(Unknown), x}",
		} {
			got, err := dump.ParseTelephony(text(line))
			require.NoError(t, err)
			assert.Equal(t, want, got.Phones[0].RAT, line)
		}
	}
}

// TestRoaming: data first, then calls; and nothing of a phone that is registered nowhere, where Android prints "home" too.
func TestRoaming(t *testing.T) {
	for _, row := range []struct {
		state string
		want  *bool
	}{
		{"0 0 voice home data home A A 46000 A A 46000", new(false)},
		{"0 0 voice home data roaming A A 46000 A A 46000", new(true)},
		{"1 0 voice home data Domestic Roaming A A 46000 A A 46000", new(true)},
		{"0 1 voice International Roaming data home A A 46000 null null null", new(true)},
		{"0 1 voice home data home A A 46000 null null null", new(false)},
		{"1 1 voice home data home null null null null null null", nil},
		{"3 3 home null null null", nil},
		{"0 0 roaming A A 46000", new(true)},
		{"0 0 voice UNKNOWN data home A A 46000 A A 46000", nil},
		{"0 0 voice home data UNKNOWN A A 46000 A A 46000", nil},
		{"0 0 homely A A 46000", nil},
	} {
		got, err := dump.ParseTelephony(text("mServiceState=" + row.state + "  LTE LTE CSS not supported -1 -1"))
		require.NoError(t, err)
		assert.Equal(t, row.want, got.Phones[0].Roaming, row.state)
	}
}

// TestOperatorIsToldInItsPlaceOnly: names of operators are free text, and may be numbers.
func TestOperatorIsToldInItsPlaceOnly(t *testing.T) {
	for state, want := range map[string]string{
		"0 0 voice home data home A A 46000 A A 46001":              "46001",
		"0 1 voice home data home A A 46000 null null null":         "46000",
		"0 1 voice home data home 46002 46002 null null null null":  "",
		"0 0 voice home data home A A 46000 A A 46000 (manual)":     "46000",
		"0 0 voice home data home A A 460000 A A 310260":            "310260",
		"0 0 voice home data home A A 46000 A A 4600":               "",
		"0 0 voice home data home A A 46000 A A 00101":              "", // a test network
		"0 0 voice home data home A A 46000 A A 46000 another word": "",
	} {
		got, err := dump.ParseTelephony(text("mServiceState=" + state + "  LTE LTE CSS not supported -1 -1"))
		require.NoError(t, err)
		assert.Equal(t, want, got.Phones[0].Operator, state)
	}
}

func FuzzParseTelephony(f *testing.F) {
	for name := range phones() {
		f.Add(sampleBytes(f, name))
	}
	word := regexp.MustCompile(`^[A-Za-z0-9._-]{0,64}$`)
	operator := regexp.MustCompile(`^([2-79][0-9]{4,5})?$`)
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := dump.ParseTelephony(dump.Lines(in))
		if err != nil {
			malformed(t, err)
			return
		}
		if len(got.Phones) == 0 || len(got.Phones) > 4 {
			t.Errorf("%d phones", len(got.Phones))
		}
		slot := -1
		for _, p := range got.Phones {
			if p.Slot <= slot || p.Slot > 3 || !word.MatchString(p.APN) || !operator.MatchString(p.Operator) || len(p.RAT) > 8 {
				t.Errorf("impossible: %+v", p)
			}
			slot = p.Slot
			possible(t, p.Signal)
		}
	})
}
