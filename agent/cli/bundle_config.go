package cli

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes/terminal"
)

// shownConfig is what support may see of a configuration: a key that is not named here is not shown. Of what is secret, or somebody's
// own, it says only whether it is set.
func shownConfig(c config.Config) map[string]any {
	type keys = map[string]any
	hosts := make([]keys, 0, len(c.Hosts))
	for _, h := range c.Hosts {
		hosts = append(hosts, keys{
			"name": h.Name, "address": h.Address, "kind": h.Kind, "group": h.Group, "server_name": h.ServerName, "ca_file": set(h.CAFile),
			"timeout": h.Timeout.String(), "every": h.Every.String(), "clock_early": h.ClockEarly.String(), "clock_late": h.ClockLate.String(),
			"ranges": h.Ranges, "terminals": h.Terminals,
			"echo": keys{
				"dialect": h.Echo.Dialect, "every": h.Echo.Every.String(), "tls": h.Echo.TLS, "terminal_id": set(h.Echo.TerminalID),
				"merchant_id": set(h.Echo.MerchantID), "tpdu": set(h.Echo.TPDU), "header": set(h.Echo.Header), "codes": h.Echo.Codes,
			},
		})
	}
	windows := make([]keys, 0, len(c.Maintenance))
	for _, m := range c.Maintenance {
		windows = append(windows, keys{"host": m.Host, "from": m.From, "to": m.To, "daily": m.Daily, "kind": m.Kind})
	}
	timings := make(keys, len(c.Probe))
	for kind, t := range c.Probe {
		timings[kind] = keys{"every": t.Every.String(), "timeout": t.Timeout.String()}
	}
	return keys{
		"terminal": keys{
			"id": c.Terminal.ID, "tenant": c.Terminal.Tenant, "root": c.Terminal.Root, "state_dir": c.Terminal.StateDir, "lang": c.Terminal.Lang,
			"timezone": c.Terminal.Timezone, "trading_hours": c.Terminal.TradingHours,
		},
		"mqtt": keys{
			"broker": place(c.MQTT.Broker), "also": places(c.MQTT.Also), "proxy": set(c.MQTT.Proxy), "proxy_password_file": set(c.MQTT.ProxyPasswordFile),
			"ca_file": set(c.MQTT.CAFile), "cert_file": set(c.MQTT.CertFile), "key_file": set(c.MQTT.KeyFile), "username": set(c.MQTT.Username),
			"password_file": set(c.MQTT.PasswordFile), "keep_alive": c.MQTT.KeepAlive.String(), "pulse": c.MQTT.Pulse.String(),
			"encoding": c.MQTT.Encoding, "history": c.MQTT.History.String(), "fleet": c.MQTT.Fleet,
		},
		"enrol":       keys{"url": place(c.Enrol.URL), "token_file": set(c.Enrol.TokenFile), "ca_file": set(c.Enrol.CAFile)},
		"host":        hosts,
		"maintenance": windows,
		"clock":       keys{"ntp": c.Clock.NTP, "https": places(c.Clock.HTTPS)},
		"dns":         keys{"servers": c.DNS.Servers},
		"network":     keys{"private": c.Network.Private, "sim": c.Network.SIM, "portal": place(c.Network.Portal), "plan_ends": c.Network.PlanEnds},
		"app": keys{
			"package": c.App.Package, "minimum": c.App.Minimum, "target": c.App.Target, "deadline": c.App.Deadline, "signer_sha256": c.App.SignerSHA256,
			"permissions": c.App.Permissions, "always_running": c.App.AlwaysRunning, "location_required": c.App.LocationRequired,
		},
		"intake": keys{
			"enabled": c.Intake.Enabled, "auto_sign_on": c.Intake.AutoSignOn, "slip": c.Intake.Slip, "needs_paper": c.Intake.NeedsPaper,
			"capture": c.Intake.Capture, "day_cut": c.Intake.DayCut, "issuers": len(c.Intake.Issuers), "params": c.Intake.Params, "capk": c.Intake.CAPK,
			"aid": c.Intake.AID, "lines": c.Intake.Lines, "uids": c.Intake.UIDs, "token_file": set(c.Intake.TokenFile),
		},
		"support":   keys{"phone": c.Support.Phone},
		"downlink":  keys{"keys": len(c.Downlink.Keys)},
		"budget":    keys{"bytes_per_month": c.Budget.BytesPerMonth, "period_starts": c.Budget.PeriodStarts},
		"probe":     timings,
		"threshold": c.Threshold,
		"diagnose":  keys{"hold_scale": c.Diagnose.HoldScale},
		"local":     keys{"listen": c.Local.Listen, "uids": c.Local.UIDs},
	}
}

// set says of a value that nobody else may see whether there is one.
func set(value string) string {
	if value == "" {
		return ""
	}
	return "(set)"
}

// place is an address without what may stand around it: a user and his password, a path, a query.
func place(address string) string {
	u, err := url.Parse(address)
	if err != nil || address == "" {
		return set(address)
	}
	return u.Scheme + "://" + u.Host
}

func places(all []string) []string {
	shown := make([]string, 0, len(all))
	for _, a := range all {
		shown = append(shown, place(a))
	}
	return shown
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
		if file == "" {
			continue
		}
		content, err := terminal.ReadSmall(file, mostSecret)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(content)) {
			line = strings.TrimSpace(line)
			if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "-----") {
				continue
			}
			secrets = append(secrets, line)
			if user, password, ok := strings.Cut(line, ":"); ok { // of a proxy
				secrets = append(secrets, user, password)
			}
		}
	}
	var kept []string
	for _, s := range secrets {
		if _, err := os.Stat(s); s != c.Terminal.ID && s != c.Terminal.Tenant && err != nil {
			kept = append(kept, s)
		}
	}
	return kept
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
