package terminal_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// examples are the blocks of JSON in a page of the documentation.
func examples(tb testing.TB, page string) []string {
	tb.Helper()
	text, err := os.ReadFile("../../docs/reference/" + page)
	require.NoError(tb, err)
	var found []string
	for _, part := range strings.Split(string(text), "```json\n")[1:] {
		example, _, closed := strings.Cut(part, "```")
		require.True(tb, closed)
		found = append(found, example)
	}
	require.NotEmpty(tb, found)
	return found
}

func TestFeedExamplesOfTheDocumentation(t *testing.T) {
	told := make(map[string]bool)
	for _, example := range examples(t, "feed.md") {
		_, err := terminal.ParseFacts([]byte(example))
		require.NoError(t, err, example)
		var parts map[string]any
		require.NoError(t, json.Unmarshal([]byte(example), &parts))
		for part := range parts {
			told[part] = true
		}
	}
	for _, part := range []string{"telephony", "sims", "connectivity", "wifi", "battery", "settings", "package"} {
		assert.True(t, told[part], "%s has an example", part)
	}
}

// TestFeedPageHasEveryField: what can be told is documented.
func TestFeedPageHasEveryField(t *testing.T) {
	text := page(t, "feed.md")
	seen := make(map[reflect.Type]bool)
	var walk func(typ reflect.Type)
	walk = func(typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || seen[typ] || typ == reflect.TypeFor[netip.Addr]() {
			return
		}
		seen[typ] = true
		for field := range typ.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			require.NotEmpty(t, name, "%v.%s", typ, field.Name)
			if typ == reflect.TypeFor[terminal.Facts]() {
				assert.True(t, strings.Contains(text, "\n### "+name+"\n") || name == "version", name)
			} else {
				assert.Contains(t, text, "`"+name+"`", "%v", typ)
			}
			walk(field.Type)
		}
	}
	walk(reflect.TypeFor[terminal.Facts]())
	assert.Len(t, seen, 11)
}

func TestParseFacts(t *testing.T) {
	facts, err := terminal.ParseFacts([]byte(examples(t, "feed.md")[0]))
	require.NoError(t, err)
	require.NotNil(t, facts.Telephony)
	assert.Equal(t, dump.Phone{
		Slot: 0, Voice: dump.InService, Data: dump.InService, RAT: "LTE", Operator: "46000", Roaming: new(false), Connection: dump.DataConnected, APN: "cmnet",
		Signal: dump.Signal{RAT: "lte", DBm: new(-98.0), RSRQ: new(-11.0), SNR: new(7.0), Level: new(3)},
	}, facts.Telephony.Phones[0])
	assert.Equal(t, []dump.SIMState{dump.SIMReady, dump.SIMAbsent}, *facts.SIMs)
	n, ok := facts.Connectivity.Default()
	require.True(t, ok)
	assert.Equal(t, "mobile", n.Bearer)
	assert.InDelta(t, 83, *facts.Battery.Level, 0)
	assert.Equal(t, "1", (*facts.Settings)["auto_time"])
	granted, known := facts.Package.Permission("android.permission.CAMERA")
	assert.True(t, granted && known)
}

// times repeats a JSON value in a list.
func times(n int, value string) string {
	return "[" + strings.TrimSuffix(strings.Repeat(value+",", n), ",") + "]"
}

// listed are n JSON values, of which each has its number in it.
func listed(n int, value string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(value, i)
	}
	return strings.Join(all, ",")
}

// TestParseFactsLimits has both sides of every limit.
func TestParseFactsLimits(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	for _, row := range []struct {
		field       string // as the error names it
		shape       string // a part, with the value's place
		good, wrong []string
	}{
		{"telephony.phones", `"telephony":{"phones":[%s]}`, []string{``, listed(4, `{"slot":%d}`)}, []string{listed(5, `{"slot":%d}`)}},
		{"telephony.phones[0].slot", `"telephony":{"phones":[{"slot":%s}]}`, []string{"0", "3"}, []string{"-1", "4"}},
		{"telephony.phones[1].slot", `"telephony":{"phones":[{"slot":1},{"slot":%s}]}`, []string{"0", "2"}, []string{"1"}},
		{"telephony.phones[0].voice", `"telephony":{"phones":[{"voice":%s}]}`, []string{`""`, `"in-service"`, `"out-of-service"`, `"emergency-only"`, `"radio-off"`}, []string{`"IN_SERVICE"`, `"0"`}},
		{"telephony.phones[0].data", `"telephony":{"phones":[{"data":%s}]}`, []string{`""`, `"in-service"`, `"radio-off"`}, []string{`"on"`}},
		{"telephony.phones[0].rat", `"telephony":{"phones":[{"rat":%s}]}`, []string{`""`, `"NR"`, `"LTE"`, `"HSPA"`, `"UMTS"`, `"TD-SCDMA"`, `"EDGE"`, `"GPRS"`, `"GSM"`, `"CDMA"`}, []string{`"lte"`, `"IWLAN"`}},
		{"telephony.phones[0].operator", `"telephony":{"phones":[{"operator":%s}]}`, []string{`""`, `"46000"`, `"310260"`}, []string{`"4600"`, `"4600000"`, `"CMCC0"`, `"898600123456789012"`}},
		{"telephony.phones[0].connection", `"telephony":{"phones":[{"connection":%s}]}`, []string{`""`, `"disconnected"`, `"connecting"`, `"connected"`, `"suspended"`}, []string{`"2"`}},
		{"telephony.phones[0].apn", `"telephony":{"phones":[{"apn":%s}]}`, []string{`""`, `"cmnet"`, `"` + x(64) + `"`}, []string{`"` + x(65) + `"`, `"my apn"`, `"接入点"`}},
		{"telephony.phones[0].signal.rat", `"telephony":{"phones":[{"signal":{"rat":%s}}]}`, []string{`""`, `"lte"`, `"nr"`, `"gsm"`, `"wcdma"`, `"tdscdma"`, `"cdma"`}, []string{`"LTE"`}},
		{"telephony.phones[0].signal.dbm", `"telephony":{"phones":[{"signal":{"dbm":%s}}]}`, []string{"-156", "-20"}, []string{"-156.1", "-19.9", "2147483647"}},
		{"telephony.phones[0].signal.rsrq_db", `"telephony":{"phones":[{"signal":{"rsrq_db":%s}}]}`, []string{"-43", "20"}, []string{"-43.5", "20.5"}},
		{"telephony.phones[0].signal.snr_db", `"telephony":{"phones":[{"signal":{"snr_db":%s}}]}`, []string{"-23", "40"}, []string{"-24", "41"}},
		{"telephony.phones[0].signal.level", `"telephony":{"phones":[{"signal":{"level":%s}}]}`, []string{"0", "4"}, []string{"-1", "5"}},
		{"sims", `"sims":%s`, []string{`[]`, times(4, `"ready"`)}, []string{times(5, `"ready"`)}},
		{"sims[0]", `"sims":[%s]`, []string{`""`, `"ready"`, `"absent"`, `"pin-required"`, `"puk-required"`, `"network-locked"`, `"not-ready"`, `"perm-disabled"`, `"card-io-error"`, `"card-restricted"`}, []string{`"READY"`, `"5"`, `"898600123456789012"`}},
		{"connectivity.networks", `"connectivity":{"networks":[%s]}`, []string{``, listed(16, `{"id":1%02d}`)}, []string{listed(17, `{"id":1%02d}`)}},
		{"connectivity.networks[0].id", `"connectivity":{"networks":[{"id":%s}]}`, []string{"1", "65535"}, []string{"0", "-1", "65536"}},
		{"connectivity.networks[1].id", `"connectivity":{"networks":[{"id":100},{"id":%s}]}`, []string{"101"}, []string{"100"}},
		{"connectivity.networks[0].bearer", `"connectivity":{"networks":[{"id":1,"bearer":%s}]}`, []string{`""`, `"wi-fi"`, `"mobile"`, `"ethernet"`, `"vpn"`, `"other"`}, []string{`"WIFI"`}},
		{"connectivity.networks[0].interface", `"connectivity":{"networks":[{"id":1,"interface":%s}]}`, []string{`""`, `"rmnet_data0"`, `"` + x(15) + `"`}, []string{`"` + x(16) + `"`, `"eth 0"`}},
		{"connectivity.networks[0].apn", `"connectivity":{"networks":[{"id":1,"bearer":"mobile","apn":%s}]}`, []string{`"cmnet"`, `"` + x(64) + `"`}, []string{`"` + x(65) + `"`, `"\"Shop of Li Lei\""`}},
		{"connectivity.networks[0].dns", `"connectivity":{"networks":[{"id":1,"dns":%s}]}`, []string{`[]`, times(8, `"192.0.2.53"`), `["2001:db8::53"]`, `["fe80::1%wlan0"]`}, []string{times(9, `"192.0.2.53"`), `[""]`, `["fe80::1%a b"]`, `["fe80::1%` + x(16) + `"]`}},
		{"connectivity.networks[0].private_dns", `"connectivity":{"networks":[{"id":1,"private_dns":%s}]}`, []string{`""`, `"hostname"`, `"opportunistic"`}, []string{`"dns.example"`}},
		{"connectivity.default_id", `"connectivity":{%s,"networks":[{"id":100}]}`, []string{`"default_id":100,"has_default":true`, `"default_id":0,"has_default":false`, `"has_default":false`, `"has_default":null`}, []string{`"default_id":101,"has_default":true`, `"has_default":true`, `"default_id":100`, `"default_id":100,"has_default":false`}},
		{"wifi.rssi_dbm", `"wifi":{"rssi_dbm":%s}`, []string{"-126", "-1"}, []string{"-127", "0"}},
		{"wifi.link_mbps", `"wifi":{"link_mbps":%s}`, []string{"1", "50000"}, []string{"-1", "0", "50001"}},
		{"wifi.frequency_mhz", `"wifi":{"frequency_mhz":%s}`, []string{"2400", "71000"}, []string{"2399", "71001"}},
		{"battery.level", `"battery":{"level":%s}`, []string{"0", "100"}, []string{"-0.1", "100.1"}},
		{"battery.temperature_c", `"battery":{"temperature_c":%s}`, []string{"-30", "100"}, []string{"-30.1", "100.1", "315"}},
		{"battery.health", `"battery":{"health":%s}`, []string{`""`, `"good"`, `"overheat"`, `"dead"`, `"over-voltage"`, `"failure"`, `"cold"`}, []string{`"Good"`, `"2"`}},
		{"settings", `"settings":{%s}`, []string{``, settingsOf(32)}, []string{settingsOf(33)}},
		{"settings: a name", `"settings":{%s:"1"}`, []string{`"mobile_data1"`, `"` + x(64) + `"`}, []string{`""`, `"` + x(65) + `"`, `"a b"`, `"860012345678901"`}},
		{"settings.auto_time", `"settings":{"auto_time":%s}`, []string{`"1"`, `"` + x(8) + `"`}, []string{`""`, `"` + x(9) + `"`, `"a b"`, `"13800138000"`}},
		{"package.name", `"package":{"name":%s}`, []string{`"com.example.pay"`, `"` + x(200) + `"`}, []string{`""`, `"` + x(201) + `"`, `"com..pay"`, `"com.example.pay;ls"`}},
		{"package.found", `"package":{"name":"a.b",%s}`, []string{`"found":true,"version_code":1`, `"found":false`}, []string{`"version_code":1`, `"version_name":"1"`, `"has_state":true`, `"code_path":"/data"`}},
		{"package.has_state", `"package":{"name":"a.b","found":true,%s}`, []string{`"has_state":true,"stopped":true`}, []string{`"stopped":true`, `"installed":true`, `"hidden":true`, `"suspended":true`}},
		{"package.version_name", `"package":{"name":"a.b","found":true,"version_name":%s}`, []string{`"14.9.70-all [0] [PR]"`, `"` + x(128) + `"`}, []string{`"` + x(129) + `"`, `"a\nb"`}},
		{"package.version_code", `"package":{"name":"a.b","found":true,"version_code":%s}`, []string{"0", "9223372036854775807"}, []string{"-1"}},
		{"package.min_sdk", `"package":{"name":"a.b","min_sdk":%s}`, []string{"0", "10000"}, []string{"-1", "10001"}},
		{"package.target_sdk", `"package":{"name":"a.b","target_sdk":%s}`, []string{"0", "10000"}, []string{"-1", "10001"}},
		{"package.uid", `"package":{"name":"a.b","uid":%s}`, []string{"0", "2147483647"}, []string{"-1"}},
		{"package.signing_version", `"package":{"name":"a.b","signing_version":%s}`, []string{"0", "4"}, []string{"-1", "5"}},
		{"package.enabled", `"package":{"name":"a.b","enabled":%s}`, []string{"-1", "4"}, []string{"-2", "5"}},
		{"package.first_install", `"package":{"name":"a.b","first_install":%s}`, []string{`""`, `"2026-03-04 12:04:31"`}, []string{`"2026-03-04T12:04:31Z"`, `"1772596271000"`, `"2026-13-04 12:04:31"`, `"2026-03-04 12:04:31.5"`}},
		{"package.last_update", `"package":{"name":"a.b","last_update":%s}`, []string{`"2026-03-04 12:04:31"`}, []string{`"yesterday"`}},
		{"package.code_path", `"package":{"name":"a.b","found":true,"code_path":%s}`, []string{`""`, `"/data/app/a.b-1"`, `"/` + x(511) + `"`}, []string{`"/` + x(512) + `"`, `"data/app"`, `"/data/../etc"`, `"/data\u0000"`}},
		{"package.installer", `"package":{"name":"a.b","installer":%s}`, []string{`""`, `"com.example.market"`}, []string{`"` + x(201) + `"`, `"a b"`}},
		{"package.signature_hash", `"package":{"name":"a.b","signature_hash":%s}`, []string{`""`, `"acbaf040"`, `"` + strings.TrimSuffix(strings.Repeat("acbaf040,", 8), ",") + `"`}, []string{`"` + strings.Repeat("acbaf040,", 8) + `"`, `"AC:BA"`}},
		{"package.permissions", `"package":{"name":"a.b","permissions":%s}`, []string{`[]`, times(256, `{"name":"a.b"}`)}, []string{times(257, `{"name":"a.b"}`)}},
		{"package.permissions[0].name", `"package":{"name":"a.b","permissions":[{"name":%s}]}`, []string{`"android.permission.CAMERA"`, `"` + x(200) + `"`}, []string{`""`, `"` + x(201) + `"`, `"a b"`}},
	} {
		t.Run(row.field, func(t *testing.T) {
			for _, value := range row.good {
				body := `{"version":1,` + fmt.Sprintf(row.shape, value) + `}`
				_, err := terminal.ParseFacts([]byte(body))
				assert.NoError(t, err, "%.200s", body)
			}
			for _, value := range row.wrong {
				body := `{"version":1,` + fmt.Sprintf(row.shape, value) + `}`
				facts, err := terminal.ParseFacts([]byte(body))
				assert.ErrorContains(t, err, row.field, "%.200s", body)
				assert.Zero(t, facts, "nothing is taken")
			}
		})
	}
}

// settingsOf are n settings with names of letters.
func settingsOf(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(`"auto_%c%c":"1"`, 'a'+i/26, 'a'+i%26)
	}
	return strings.Join(all, ",")
}

func TestParseFactsRefuses(t *testing.T) {
	for _, row := range []struct{ name, body, says string }{
		{"nothing", ``, "want one JSON object"},
		{"no object", `[]`, "want one JSON object"},
		{"null", `null`, "version: missing, want 1"},
		{"no version", `{}`, "version: missing, want 1"},
		{"another version", `{"version":2}`, "version: got 2, want 1"},
		{"half an object", `{"version":1,`, "want one JSON object"},
		{"two objects", `{"version":1}{"version":1}`, "something follows the JSON object"},
		{"something behind it", `{"version":1} x`, "something follows the JSON object"},
		{"a wrong type", `{"version":1,"battery":{"level":"83"}}`, "battery.level"},
		{"half a number where a whole one is wanted", `{"version":1,"wifi":{"rssi_dbm":-51.5}}`, "rssi_dbm"},
		{"a number larger than any", `{"version":1,"package":{"name":"a.b","version_code":1e30}}`, "version_code"},
		{"a field that nobody knows", `{"version":1,"battery":{"charge":83}}`, `unknown field "charge"`},
		{"no address", `{"version":1,"connectivity":{"networks":[{"id":1,"dns":["dns.example"]}]}}`, "dns.example"},
		{"too large", `{"version":1}` + strings.Repeat(" ", terminal.MaxFacts), "65549 bytes, want at most 65536"},
	} {
		t.Run(row.name, func(t *testing.T) {
			facts, err := terminal.ParseFacts([]byte(row.body))
			assert.ErrorContains(t, err, row.says)
			assert.Zero(t, facts)
		})
	}
	_, err := terminal.ParseFacts([]byte(`{"version":1}` + strings.Repeat(" ", terminal.MaxFacts-13)))
	require.NoError(t, err, "just the limit")

	_, err = terminal.ParseFacts([]byte(`{"version":1,"battery":{"level":101},"wifi":{"rssi_dbm":0}}`))
	assert.EqualError(t, err, "wifi.rssi_dbm: got 0, want -126 to -1\nbattery.level: got 101, want 0 to 100", "all faults at once")
	_, err = terminal.ParseFacts([]byte(`{"version":1,"package":{"name":"a.b","permissions":` + times(256, `{"name":""}`) + `}}`))
	assert.Len(t, strings.Split(err.Error(), "\n"), 8, "but not without end")
	_, err = terminal.ParseFacts([]byte(`{"version":1,"package":{"name":"` + strings.Repeat("x", 60_000) + `"}}`))
	assert.Less(t, len(err.Error()), 200, "and never the whole text")
	_, err = terminal.ParseFacts([]byte(`{"version":1,"` + strings.Repeat("x", 60_000) + `":1}`))
	assert.Less(t, len(err.Error()), 400)
}

// TestParseFactsHasNoPlaceForWhatIsPrivate: whatever an app means well with, it cannot put in.
func TestParseFactsHasNoPlaceForWhatIsPrivate(t *testing.T) {
	for _, part := range []string{
		`"imei":"860012345678901"`, `"telephony":{"imei":"1"}`, `"telephony":{"phones":[{"imei":"1"}]}`, `"telephony":{"phones":[{"number":"13800138000"}]}`,
		`"telephony":{"phones":[{"iccid":"1"}]}`, `"telephony":{"phones":[{"imsi":"1"}]}`, `"telephony":{"phones":[{"cell_id":1}]}`, `"telephony":{"phones":[{"ICCID":"1"}]}`,
		`"sims":[{"state":"ready","iccid":"1"}]`, `"subscriptions":[]`, `"wifi":{"ssid":"x"}`, `"wifi":{"bssid":"x"}`, `"wifi":{"mac":"x"}`,
		`"connectivity":{"networks":[{"id":1,"ssid":"x"}]}`, `"connectivity":{"networks":[{"id":1,"addresses":["192.0.2.7"]}]}`, `"battery":{"serial":"x"}`, `"location":{}`,
	} {
		_, err := terminal.ParseFacts([]byte(`{"version":1,` + part + `}`))
		assert.Error(t, err, part)
	}
	text, err := json.Marshal(dump.Subscription{ICCID: "898600123456789012"})
	require.NoError(t, err)
	assert.NotContains(t, string(text), "8986", "the ICCID that a dump may have is in no JSON")
}

func FuzzParseFacts(f *testing.F) {
	for _, example := range examples(f, "feed.md") {
		f.Add([]byte(example))
	}
	f.Add([]byte(`{"version":1,"sims":null,"connectivity":{"networks":[{"id":1,"dns":["fe80::1%a"]}]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		facts, err := terminal.ParseFacts(body)
		if err != nil {
			assert.Zero(t, facts)
			assert.Less(t, len(err.Error()), 8<<10)
			return
		}
		again, err := json.Marshal(facts)
		require.NoError(t, err)
		same, err := terminal.ParseFacts(again)
		require.NoError(t, err, "what is taken is good, and can be told again: %s", again)
		for range 2 {
			terminal.Open("/none").Feed().Tell(same)
		}
	})
}

// told parses facts that must be good.
func told(t *testing.T, parts string) terminal.Facts {
	t.Helper()
	facts, err := terminal.ParseFacts([]byte(`{"version":1,` + parts + `}`))
	require.NoError(t, err)
	return facts
}

// fed reads a part of the feed, as a probe does; nil where it is not told.
func fed[T any](t *testing.T, term *terminal.Terminal, pick func(*terminal.Facts) *T) *T {
	t.Helper()
	got, err := terminal.First(t.Context(), term, "datum", terminal.FromFeed(term, pick))
	if err != nil {
		assert.Equal(t, probes.Absent, terminal.ReasonOf(err))
		assert.EqualError(t, err, "cannot read the local feed: no app has told it in the last 10 minutes")
		return nil
	}
	return &got
}

func TestFeedKeepsEachPartForTenMinutes(t *testing.T) {
	term, clock := atBoot(t)
	battery := func() *dump.Battery {
		return fed(t, term, func(f *terminal.Facts) *dump.Battery { return f.Battery })
	}
	wifi := func() *dump.WiFi { return fed(t, term, func(f *terminal.Facts) *dump.WiFi { return f.WiFi }) }
	assert.Nil(t, battery(), "nobody has told it")

	term.Feed().Tell(told(t, `"battery":{"level":83,"health":"good"},"wifi":{"enabled":true}`))
	require.NotNil(t, battery())
	assert.InDelta(t, 83, *battery().Level, 0)

	clock.set(time.Hour + 6*time.Minute)
	term.Feed().Tell(told(t, `"battery":{"level":82},"wifi":null`))
	assert.InDelta(t, 82, *battery().Level, 0)
	assert.Empty(t, battery().Health, "a part is replaced whole")
	require.NotNil(t, wifi(), "and one that is left out stays")

	clock.set(time.Hour + 10*time.Minute)
	assert.NotNil(t, wifi())
	clock.set(time.Hour + 10*time.Minute + 1)
	assert.Nil(t, wifi(), "what is older than 10 minutes may not hold any more")
	assert.NotNil(t, battery())
	clock.set(time.Hour + 16*time.Minute + 1)
	assert.Nil(t, battery())

	term.Feed().Tell(told(t, `"wifi":{"enabled":false}`))
	require.NotNil(t, wifi(), "that nobody told is not remembered")
	assert.False(t, *wifi().Enabled)
}

func TestPaymentIdle(t *testing.T) {
	term, clock := atBoot(t)
	is := func(idle, known bool) {
		t.Helper()
		gotIdle, gotKnown := term.Feed().PaymentIdle()
		assert.Equal(t, [2]bool{idle, known}, [2]bool{gotIdle, gotKnown})
	}
	is(false, false)
	term.Feed().Tell(told(t, `"payment":{"busy":false}`))
	is(true, true)
	term.Feed().Tell(told(t, `"payment":{"busy":true}`))
	is(false, true)
	term.Feed().Tell(told(t, `"payment":{}`))
	is(false, false) // it stopped telling
	term.Feed().Tell(told(t, `"payment":{"busy":false}`))
	clock.set(time.Hour + 30*time.Second)
	is(true, true)
	clock.set(time.Hour + 30*time.Second + 1)
	is(false, false) // who was idle then may sell now
}

func TestFeedPartsAreReadOneByOne(t *testing.T) {
	term, _ := atBoot(t)
	facts, err := terminal.ParseFacts([]byte(examples(t, "feed.md")[0]))
	require.NoError(t, err)
	term.Feed().Tell(facts)
	assert.Equal(t, facts.Telephony, fed(t, term, func(f *terminal.Facts) *dump.Telephony { return f.Telephony }))
	assert.Equal(t, facts.SIMs, fed(t, term, func(f *terminal.Facts) *[]dump.SIMState { return f.SIMs }))
	assert.Equal(t, facts.Connectivity, fed(t, term, func(f *terminal.Facts) *dump.Connectivity { return f.Connectivity }))
	assert.Equal(t, facts.WiFi, fed(t, term, func(f *terminal.Facts) *dump.WiFi { return f.WiFi }))
	assert.Equal(t, facts.Battery, fed(t, term, func(f *terminal.Facts) *dump.Battery { return f.Battery }))
	assert.Equal(t, facts.Settings, fed(t, term, func(f *terminal.Facts) *map[string]string { return f.Settings }))
	assert.Equal(t, facts.Package, fed(t, term, func(f *terminal.Facts) *dump.Package { return f.Package }))
}

func TestTellSaysWhatIsNews(t *testing.T) {
	const online, offline = `"connectivity":{"networks":[{"id":101}],"default_id":101,"has_default":true}`, `"connectivity":{"has_default":false}`
	term, clock := atBoot(t)
	for _, row := range []struct {
		name, parts string
		want        []string
	}{
		{"nothing", `"sims":null`, nil},
		{"all of it for the first time", online + `,"sims":["ready"],"settings":{"auto_time":"1"}`, []string{"network", "mobile", "switches"}},
		{"the same again", online + `,"sims":["ready"],"settings":{"auto_time":"1"}`, nil},
		{"another network", offline, []string{"network"}},
		{"a SIM that was taken out", `"sims":["absent"]`, []string{"mobile"}},
		{"a switch that was thrown", `"settings":{"auto_time":"0"}`, []string{"switches"}},
		{"a signal that moves", `"telephony":{"phones":[{"slot":0,"signal":{"rat":"lte","dbm":-98}}]}`, nil},
		{"and moves again", `"telephony":{"phones":[{"slot":0,"signal":{"rat":"lte","dbm":-99}}]},"wifi":{"connected":true,"rssi_dbm":-50},"battery":{"level":43}`, []string{"wifi", "battery"}},
		{"a little later", `"wifi":{"connected":true,"rssi_dbm":-61},"battery":{"level":41}`, nil},
		{"a Wi-Fi that is gone, and a battery that sinks", `"wifi":{"connected":false},"battery":{"level":36}`, []string{"wifi", "battery"}},
		{"a charger", `"battery":{"level":36,"charging":true}`, []string{"battery"}},
		{"the app", `"package":{"name":"com.example.pay"}`, []string{"app"}},
		{"the same app", `"package":{"name":"com.example.pay"}`, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Equal(t, row.want, term.Feed().Tell(told(t, row.parts)))
		})
	}
	clock.set(2 * time.Hour)
	assert.Equal(t, []string{"network"}, term.Feed().Tell(told(t, offline)), "what was forgotten is news")
}

func TestFeedIsShared(t *testing.T) {
	term, _ := atBoot(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 100 {
			term.Feed().Tell(told(t, fmt.Sprintf(`"battery":{"level":%d},"settings":{"auto_time":"%d"},"sims":["ready"]`, i, i%2)))
		}
	}()
	for range 100 {
		fed(t, term, func(f *terminal.Facts) *dump.Battery { return f.Battery })
	}
	<-done
	assert.InDelta(t, 99, *fed(t, term, func(f *terminal.Facts) *dump.Battery { return f.Battery }).Level, 0)
}
