package agent

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes/terminal"
)

// Bounds of files in bytes: all authorities that a platform trusts are 250 kB, and no broker takes a longer password.
const (
	maxPEM      = 1 << 20
	maxPassword = 4 << 10
)

// credentials are what the files of [mqtt] hold: who vouches for the broker, and who we are.
type credentials struct {
	authorities *x509.CertPool // nil: no ca_file, the broker must be known to those whom the terminal trusts
	pair        []tls.Certificate
	password    string
	proxyLogin  string
}

// readCredentials reads all of them. It fails where one cannot be used: half of what was renewed together is worse than all of
// what was there before.
func readCredentials(c config.MQTT) (credentials, error) {
	var got credentials
	if c.CAFile != "" {
		pem, err := terminal.ReadSmall(c.CAFile, maxPEM)
		if err != nil {
			return got, fmt.Errorf("cannot read mqtt.ca_file: %w", err)
		}
		got.authorities = x509.NewCertPool()
		if !got.authorities.AppendCertsFromPEM(pem) {
			return got, fmt.Errorf("cannot use mqtt.ca_file %s: no certificate in PEM form in it", c.CAFile)
		}
	}
	if c.CertFile != "" {
		cert, certErr := terminal.ReadSmall(c.CertFile, maxPEM)
		key, keyErr := terminal.ReadSmall(c.KeyFile, maxPEM)
		pair, err := tls.X509KeyPair(cert, key)
		if err = cmp.Or(certErr, keyErr, err); err != nil {
			return got, fmt.Errorf("cannot use mqtt.cert_file and mqtt.key_file: %w", err)
		}
		got.pair = []tls.Certificate{pair}
	}
	var err error
	if got.password, err = readPassword("mqtt.password_file", c.PasswordFile); err != nil {
		return got, err
	}
	if got.proxyLogin, err = readPassword("mqtt.proxy_password_file", c.ProxyPasswordFile); err != nil {
		return got, err
	}
	if c.ProxyPasswordFile != "" && !strings.Contains(got.proxyLogin, ":") {
		return got, errors.New("cannot use mqtt.proxy_password_file: its first line is not user:password")
	}
	return got, nil
}

// tls is how one broker is spoken to. Chains are judged in VerifyConnection, as crypto/tls would, with a time that is better known;
// it is asked on every connection, those that go on with an earlier session too.
func (k credentials) tls(broker string, trusted trust) (*tls.Config, error) {
	u, err := url.Parse(broker)
	if err != nil {
		return nil, errors.New("cannot use mqtt.broker: its address cannot be understood")
	}
	trusted.own = k.authorities
	return &tls.Config{
		MinVersion: tls.VersionTLS12, InsecureSkipVerify: true, VerifyConnection: trusted.verify(u.Hostname()), Certificates: k.pair,
	}, nil
}

// sameTerminal tells whether both say that we are the same one: a session is another's where they do not.
func (k credentials) sameTerminal(other credentials) bool {
	if len(k.pair) == 0 || len(other.pair) == 0 {
		return len(k.pair) == len(other.pair)
	}
	return string(k.pair[0].Certificate[0]) == string(other.pair[0].Certificate[0])
}

// readPassword takes the first line of a file that a key of the configuration names; empty: none does.
func readPassword(key, file string) (string, error) {
	if file == "" {
		return "", nil
	}
	b, err := terminal.ReadSmall(file, maxPassword+2)
	if err != nil {
		return "", fmt.Errorf("cannot read %s: %w", key, err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	line = strings.TrimSuffix(line, "\r")
	if len(line) > maxPassword {
		return "", fmt.Errorf("cannot use %s: its first line is longer than %d bytes", key, maxPassword)
	}
	return line, nil
}
