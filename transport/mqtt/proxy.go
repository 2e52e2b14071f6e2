package mqtt

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// mostProxyAnswer bounds what a proxy may say before the way is open, in bytes: its headers are some 200, cookies and a reason 4 kB.
const mostProxyAnswer = 16 << 10

// proxy takes the proxy's address apart; a zero target where there is none. Its errors never show what stands before an @.
func (o *Options) proxy() (target, error) {
	if o.Proxy == "" {
		return target{}, nil
	}
	const want = "want http://host:port"
	u, err := url.Parse(o.Proxy)
	switch {
	case err != nil, u.Scheme != "http", u.Hostname() == "", u.Port() == "", strings.Trim(u.Path, "/") != "", u.RawQuery != "":
		return target{}, errors.New("mqtt: the proxy's address cannot be understood: " + want)
	case u.User != nil:
		return target{}, errors.New("mqtt: the proxy's address holds credentials: give them apart")
	case o.ProxyLogin != "" && !strings.Contains(o.ProxyLogin, ":"):
		return target{}, errors.New("mqtt: the proxy's login: want user:password")
	}
	return target{scheme: u.Scheme, host: u.Hostname(), port: u.Port()}, nil
}

// passProxy asks a proxy for a way to host:port (RFC 9110, 9.3.6). What follows on c is the far side's. A tunnel has no deadline of its
// own: c is closed when the dialling ends.
func passProxy(c net.Conn, to, login string) error {
	ask := "CONNECT " + to + " HTTP/1.1\r\nHost: " + to + "\r\n"
	if login != "" {
		ask += "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(login)) + "\r\n"
	}
	if _, err := io.WriteString(c, ask+"\r\n"); err != nil {
		return err
	}
	return proxyAnswer(c)
}

// proxyAnswer says what a proxy's answer means; nil: the way is open.
func proxyAnswer(c io.Reader) error {
	head, err := readHead(c)
	if err != nil {
		return sortRead(err)
	}
	line, _, _ := strings.Cut(head, "\r\n")
	version, rest, _ := strings.Cut(line, " ")
	status, _, _ := strings.Cut(rest, " ")
	code, err := strconv.Atoi(status)
	switch {
	case err != nil || !strings.HasPrefix(version, "HTTP/1."):
		return errors.New("it does not answer as an HTTP proxy does")
	case code >= http.StatusOK && code < http.StatusMultipleChoices:
		return nil
	case code == http.StatusProxyAuthRequired:
		return asCredentials(fmt.Errorf("HTTP status %d", code))
	}
	return fmt.Errorf("HTTP status %d", code)
}

// readHead reads the head of an answer and not a byte of what follows: that is the broker's.
func readHead(c io.Reader) (string, error) {
	head := make([]byte, 0, 256)
	for one := []byte{0}; len(head) < mostProxyAnswer; head = append(head, one[0]) {
		if strings.HasSuffix(string(head[max(0, len(head)-4):]), "\r\n\r\n") {
			return string(head), nil
		}
		if _, err := io.ReadFull(c, one); err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("more than %d bytes of headers", mostProxyAnswer)
}
