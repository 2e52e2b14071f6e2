package config

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// maxAddress bounds an address in bytes: a DNS name has at most 253, and a scheme, a port and a short path go with it.
const maxAddress = 512

// broker takes where to report, and fills in the port that its scheme usually has.
func broker(s string) (string, string) {
	const want = `tcp://, tls://, ws:// or wss:// with a host, such as "tls://broker.example:8883"; no user or password in it (username and password_file)`
	u, host, ok := parseURL(s)
	if !ok {
		return s, want
	}
	var usual string
	switch u.Scheme {
	case "tcp":
		usual = "1883"
	case "tls":
		usual = "8883"
	case "ws":
		usual = "80"
	case "wss":
		usual = "443"
	default:
		return s, want
	}
	web := strings.HasPrefix(u.Scheme, "ws")
	if !web && u.Path != "" {
		return s, want
	}
	port := u.Port()
	if port == "" {
		port = usual
	}
	return u.Scheme + "://" + net.JoinHostPort(host, port) + u.EscapedPath(), ""
}

// proxy takes where an HTTP proxy listens. Its port must be there: 80, 3128 and 8080 are all usual.
func proxy(s string) (string, string) {
	u, host, ok := parseURL(s)
	if !ok || u.Scheme != "http" || u.Port() == "" || strings.Trim(u.Path, "/") != "" {
		return s, `an address such as "http://proxy.example:3128"; no user or password in it (proxy_password_file)`
	}
	return "http://" + net.JoinHostPort(host, u.Port()), ""
}

// httpsSource takes an address whose answer carries a date.
func httpsSource(s string) (string, string) {
	u, _, ok := parseURL(s)
	if !ok || u.Scheme != "https" {
		return s, `an https:// address such as "https://www.example.com/", without user, password or query`
	}
	return s, ""
}

// enrolServer takes the address of an enrolment server. Tokens cross the network only encrypted.
func enrolServer(s string) (string, string) {
	u, _, ok := parseURL(s)
	if !ok || u.Scheme != "https" {
		return s, `an https:// address such as "https://enrol.example:8443", without user, password or query`
	}
	return s, ""
}

// parseURL takes scheme, host, port and path, nothing else. Errors of the parser are dropped: they repeat the text, which
// may hold a password.
func parseURL(s string) (u *url.URL, host string, ok bool) {
	u, err := url.Parse(s)
	if err != nil || len(s) > maxAddress || u.User != nil || strings.ContainsAny(s, "@?#") {
		return nil, "", false
	}
	host = u.Hostname()
	if !isHost(host) || strings.Contains(host, "%") || u.Port() != "" && !isPort(u.Port()) {
		return nil, "", false
	}
	return u, host, true
}

// hostAddress takes where a payment host listens.
func hostAddress(s string) (string, string) {
	host, port, err := net.SplitHostPort(s)
	if err != nil || !isHost(host) || !isPort(port) {
		return s, `host:port such as "pos.acquirer.example:9443", port 1 to 65535`
	}
	return s, ""
}

// ntpSource takes a host with or without a port.
func ntpSource(s string) (string, string) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		host, port = s, "123"
	}
	if !isHost(host) || !isPort(port) {
		return s, `a host, or host:port, such as "ntp.example:123"`
	}
	return net.JoinHostPort(host, port), ""
}

// dnsServer takes an address with or without a port. Names do not serve: nobody could resolve them.
func dnsServer(s string) (string, string) {
	ip, err := netip.ParseAddr(s)
	if err == nil && !ip.IsUnspecified() {
		return netip.AddrPortFrom(ip, 53).String(), ""
	}
	at, err := netip.ParseAddrPort(s)
	if err != nil || at.Port() == 0 || at.Addr().IsUnspecified() {
		return s, `an IP address, or ip:port, such as "223.5.5.5" or "[2400:3200::1]:53"`
	}
	return at.String(), ""
}

// serverName takes what a certificate can be made out to.
func serverName(s string) (string, string) {
	if !isHost(s) {
		return s, "a host name or an IP address, without port"
	}
	return s, ""
}

// loopback takes an address that only this terminal reaches: the page shows the status without asking who looks.
func loopback(s string) (string, string) {
	at, err := netip.ParseAddrPort(s)
	if err != nil || !at.Addr().Unmap().IsLoopback() {
		return s, `a loopback address such as "127.0.0.1:7311" (others would show the status to the network), or "" for no page`
	}
	return s, ""
}

// linesAddress takes an address that only this terminal reaches: what payment apps tell is theirs and ours.
func linesAddress(s string) (string, string) {
	if _, want := loopback(s); want != "" {
		return s, `a loopback address such as "127.0.0.1:7312" (others would let the network tell of sales), or "" for none`
	}
	return s, ""
}

// isHost tells an IP address or a DNS name in ASCII. A name whose last label is a number is a mistyped address.
func isHost(s string) bool {
	if ip, err := netip.ParseAddr(s); err == nil {
		return !ip.IsUnspecified()
	}
	s = strings.TrimSuffix(s, ".")
	if s == "" || len(s) > 253 {
		return false
	}
	last := ""
	for label := range strings.SplitSeq(s, ".") {
		if !consists(label, digits+lower+upper+"_-", 63) || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		last = label
	}
	return !consists(last, digits, 63)
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

// portal takes where a small answer is expected in plain HTTP: a sign-in page cannot stand in for TLS.
func portal(s string) (string, string) {
	u, _, ok := parseURL(s)
	if !ok || u.Scheme != "http" {
		return s, `an http:// address such as "http://connect.example/generate_204", without user, password or query`
	}
	return s, ""
}

// requestPath takes the path of a URL that is asked for.
func requestPath(s string) (string, string) {
	u, err := url.Parse(s)
	if err != nil || len(s) > maxAddress || !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || u.EscapedPath() != s {
		return s, `the path of a URL such as "/health", without query`
	}
	return s, ""
}

// addressRange takes addresses by their common beginning; a single address is a range of one.
func addressRange(s string) (string, string) {
	if addr, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()).String(), ""
	}
	prefix, err := netip.ParsePrefix(s)
	if err != nil || prefix.Addr().Zone() != "" {
		return s, `an address or a range such as "203.0.113.0/24"`
	}
	return prefix.Masked().String(), ""
}
