package config

import (
	"fmt"
	"strings"
)

// Warnings tells what is accepted but has no effect, or one that is easily overlooked: a line each, for the person who
// wrote the file. A configuration with warnings is valid.
func (c Config) Warnings() []string {
	var w []string
	warn := func(format string, args ...any) { w = append(w, fmt.Sprintf(format, args...)) }

	if inClear(c.MQTT.Broker) {
		if c.MQTT.CAFile != "" || c.MQTT.CertFile != "" {
			warn("mqtt.ca_file, mqtt.cert_file: not used, for mqtt.broker is reached without TLS")
		}
		if c.MQTT.PasswordFile != "" {
			warn("mqtt.password_file: the password crosses the network in clear, for mqtt.broker is reached without TLS")
		}
	}
	for i, also := range c.MQTT.Also {
		if inClear(also) && c.MQTT.PasswordFile != "" {
			warn("mqtt.password_file: the password crosses the network in clear, for mqtt.also[%d] is reached without TLS", i)
		}
	}
	if c.Enrol.URL == "" && c.Enrol.TokenFile+c.Enrol.CAFile != "" {
		warn("enrol.token_file, enrol.ca_file: not used without enrol.url")
	}
	for i, h := range c.Hosts {
		if h.Kind == "iso8583" && h.Echo.Dialect == "" {
			warn("host[%d].kind: without host.echo.dialect an iso8583 host is looked at up to TCP, and no echo is sent", i)
		}
		if h.Echo.Dialect != "" {
			warn("host[%d].echo: an echo is sent only while the payment app is known to be idle; agree upon it with the acquirer first", i)
		}
		if !h.SpeaksTLS() && (h.ServerName != "" || h.CAFile != "") {
			warn("host[%d].server_name, host[%d].ca_file: not used, for a host of kind %s is looked at without TLS", i, i, h.Kind)
		}
		if h.Kind != "https" && h.Request != "" {
			warn("host[%d].request: not used, for only a host of kind https is asked for something", i)
		}
	}
	if n := len(c.Clock.NTP); n > 0 && n < 3 && len(c.Clock.HTTPS) == 0 {
		warn("clock.ntp: of fewer than three servers none outvotes one that is wrong; add servers, or pages to clock.https")
	}
	if a := c.App; a.Package == "" && (a.Minimum+a.Target+a.Deadline != "" || len(a.SignerSHA256)+len(a.Permissions) > 0 || a.AlwaysRunning) {
		warn("app: nothing of it is used without app.package")
	}
	if c.App.Deadline != "" && c.App.Minimum == "" {
		warn("app.deadline: not used without app.minimum")
	}
	return w
}

// inClear tells a broker that is reached without TLS.
func inClear(broker string) bool {
	return strings.HasPrefix(broker, "tcp:") || strings.HasPrefix(broker, "ws:")
}
