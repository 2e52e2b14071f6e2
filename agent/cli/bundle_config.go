package cli

import (
	"encoding/json"
	"io/fs"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes/terminal"
)

// shownKeys are what support may see of a configuration, by the names of its fields: what is not named here is not shown, but that it is
// set. Broker, proxy and servers lose what stands around their address.
const shownKeys = ` Version ID Tenant Root StateDir Lang Timezone TradingHours
 Broker Also KeepAlive Pulse Encoding History Fleet URL
 Name Address Kind Group ServerName Timeout Every ClockEarly ClockLate Ranges Terminals Dialect TLS Codes
 Host From To Daily NTP HTTPS Servers Private SIM Portal PlanEnds
 Package Minimum Target Deadline SignerSHA256 Permissions AlwaysRunning LocationRequired
 Enabled AutoSignOn Slip NeedsPaper Capture DayCut Params CAPK AID Lines UIDs
 Phone BytesPerMonth PeriodStarts HoldScale Listen `

// shownConfig is what support may see of a configuration, with the fields' own names.
func shownConfig(c config.Config) any {
	var all map[string]any
	raw, err := json.Marshal(c)
	if err == nil {
		err = json.Unmarshal(raw, &all)
	}
	if err != nil {
		return nil
	}
	return shownValue("", all, false)
}

// shownValue is what of a value may be seen under a key; shown says that its place is one that may be, whatever the key.
func shownValue(key string, value any, shown bool) any {
	switch v := value.(type) {
	case map[string]any:
		for k := range v {
			v[k] = shownValue(k, v[k], shown || key == "Probe" || key == "Threshold")
		}
		return v
	case []any:
		for i := range v {
			v[i] = shownValue(key, v[i], shown)
		}
		return v
	case nil:
		return nil
	case string:
		if v == "" {
			return v
		}
		if strings.Contains(v, "://") {
			v = place(v)
		}
		value = v
	case float64:
		if slices.Contains([]string{"KeepAlive", "Pulse", "History", "Timeout", "Every", "ClockEarly", "ClockLate"}, key) {
			value = time.Duration(v).String()
		}
	}
	if !shown && !strings.Contains(shownKeys, " "+key+" ") && !strings.Contains(shownKeys, " "+key+"\n") {
		return "(set)"
	}
	return value
}

// place is an address without what may stand around it: a user and his password, a path, a query.
func place(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "(set)"
	}
	return u.Scheme + "://" + u.Host
}

// mostState bounds the list of files in the state folder; there are some 30.
const mostState = 200

// stateFile is one of them.
type stateFile struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
}

// stateFiles lists the files in the state folder, by name and size alone.
func stateFiles(dir string) []stateFile {
	all := []stateFile{}
	_ = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fs.SkipDir // what cannot be read is not listed
		case len(all) >= mostState:
			return fs.SkipAll
		case d.IsDir():
			return nil
		}
		f := stateFile{Name: strings.TrimPrefix(strings.TrimPrefix(name, dir), "/")}
		if info, err := d.Info(); err == nil {
			f.Bytes = info.Size()
		}
		all = append(all, f)
		return nil
	})
	return all
}

// secretsOf are the words of this terminal that must not be in a bundle, as far as this user may read them: they get in by no way that is
// known, and are looked for all the same.
func secretsOf(c config.Config) []string {
	const mostSecret = 4 << 10 // bytes of a file: a password has a line
	secrets := []string{c.MQTT.Username}
	for _, file := range []string{
		c.MQTT.PasswordFile, c.MQTT.ProxyPasswordFile, c.MQTT.KeyFile, c.MQTT.CertFile, c.Enrol.TokenFile, c.Intake.TokenFile,
		filepath.Join(c.Terminal.StateDir, "intake.token"),
	} {
		content, _ := terminal.ReadSmall(file, mostSecret) // who may not read it cannot give it away
		secrets = append(secrets, strings.FieldsFunc(string(content), func(r rune) bool { return r == '\n' || r == '\r' })...)
		_, password, _ := strings.Cut(strings.TrimSpace(string(content)), ":") // of a proxy
		secrets = append(secrets, password)
	}
	return slices.DeleteFunc(secrets, func(s string) bool { return s == c.Terminal.ID || s == c.Terminal.Tenant })
}

// bundleReadme is README.txt.
const bundleReadme = `poshealth bundle: what support needs for a diagnosis of one payment terminal

Begin with status.en.txt. MANIFEST.json lists every file with its size and SHA-256, and what is not here and why.
The times are the terminal's own; status.json says by how much its clock is wrong (session.clock_offset_ms).

  jq .verdict status.json
  jq -r '.[] | [.at, .what, .code, .to] | @tsv' history.json
  jq -r '.left_out[] | .what + ": " + .why' MANIFEST.json

There is no password, key, token or user name here, no amount, and nothing of a card: every byte was looked at again.

poshealth 诊断包：一台支付终端的诊断资料

请先看 status.zh.txt。MANIFEST.json 列出全部文件的大小与 SHA-256，以及未包含的内容和原因。
时间以终端时钟为准；时钟偏差见 status.json 的 session.clock_offset_ms。
本包不含密码、密钥、令牌、用户名、金额和任何卡信息，全部内容已再次扫描。
`
