package config

import (
	"sort"
	"strings"
)

// ofTheMachine are the keys that nobody sets from afar: who the terminal is and where its files lie, what proves who it is, who may
// ask on it, and whom it obeys. With these in a stranger's hands it could be made to read files out, or to obey him.
func ofTheMachine() []string {
	return []string{
		"terminal.id", "terminal.tenant", "terminal.root", "terminal.state_dir",
		"mqtt.ca_file", "mqtt.cert_file", "mqtt.key_file", "mqtt.username", "mqtt.password_file", "mqtt.proxy_password_file",
		"intake.lines", "intake.uids", "intake.token_file",
		"local", "downlink", "diagnose", "enrol",
	}
}

// ParseRemote reads a configuration that came from afar, as strictly as [Parse]; file only names it in messages. What belongs to the
// machine may not stand in it, and is taken from machine, as that terminal's own file has it. What else it leaves out is as in
// [Default], not as in machine: what a fleet wants of a terminal must not depend on what somebody once wrote there. A terminal
// that has a broker keeps one, and one that reaches it through TLS goes on doing so.
func ParseRemote(file string, data []byte, machine Config) (Config, error) {
	values, lines, faults := document(file, data)
	if len(faults) > 0 {
		return Config{}, faults
	}
	b := &binder{file: file, lines: lines}
	for _, path := range ofTheMachine() {
		section, key, nested := strings.Cut(path, ".")
		value, set := values[section]
		if inner, ok := value.(map[string]any); nested && ok {
			value, set = inner[key]
		} else if nested {
			set = false
		}
		if set {
			b.refuse(path, value, "nothing: it belongs to the machine, and is not set from afar")
		}
	}
	c, err := Parse(file, data)
	if parsed, ok := err.(Faults); ok { //nolint:errorlint // Parse returns nothing else, and nothing around it
		b.faults = append(b.faults, parsed...)
	}
	switch {
	case err != nil:
	case c.MQTT.Broker == "" && machine.MQTT.Broker != "":
		b.add("mqtt.broker", 0, "nothing", "a broker: without one nobody could reach this terminal again")
	case !encrypted(c.MQTT.Broker) && (encrypted(machine.MQTT.Broker) || machine.Enrol.URL != "" && c.MQTT.Broker != ""):
		b.refuse("mqtt.broker", c.MQTT.Broker, "tls:// or wss://, as the terminal's own file has it")
	}
	if len(b.faults) > 0 {
		order := func(x, y FieldError) int { return x.Line - y.Line }
		sort.SliceStable(b.faults, func(i, j int) bool { return order(b.faults[i], b.faults[j]) < 0 })
		return Config{}, b.faults
	}
	t, m := &c.Terminal, &c.MQTT
	t.ID, t.Tenant, t.Root, t.StateDir = machine.Terminal.ID, machine.Terminal.Tenant, machine.Terminal.Root, machine.Terminal.StateDir
	m.CAFile, m.CertFile, m.KeyFile = machine.MQTT.CAFile, machine.MQTT.CertFile, machine.MQTT.KeyFile
	m.Username, m.PasswordFile = machine.MQTT.Username, machine.MQTT.PasswordFile
	m.ProxyPasswordFile = machine.MQTT.ProxyPasswordFile
	c.Intake.Lines, c.Intake.UIDs, c.Intake.TokenFile = machine.Intake.Lines, machine.Intake.UIDs, machine.Intake.TokenFile
	c.Local, c.Downlink, c.Diagnose, c.Enrol = machine.Local, machine.Downlink, machine.Diagnose, machine.Enrol
	return c, nil
}

func encrypted(broker string) bool {
	return strings.HasPrefix(broker, "tls://") || strings.HasPrefix(broker, "wss://")
}
