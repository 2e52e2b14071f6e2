package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/poshealth/poshealth/fleet"
)

const enrolUsage = `poshealth-fleet enrol gives terminals certificates of their own for tokens that are good once.
用一次性令牌为终端签发证书。

usage: poshealth-fleet enrol serve [flags]
       poshealth-fleet enrol tokens [flags]

flags of both:
  --dir DIR        where tokens.jsonl (hashes), issued.jsonl, ca.pem and ca.key lie; default: enrolment
flags of serve:
  --listen ADDR    default 127.0.0.1:8443
  --cert FILE      the server's own certificate (PEM), with --key FILE; default: one is made, which ca.pem of DIR vouches for
  --name NAMES     names and addresses in the one that is made, with commas; default: localhost,127.0.0.1
  --life TIME      of a terminal's certificate; default 90d
  --grace TIME     for which an expired one may still renew; default 30d
  --broker URL     where the terminals shall report
  --profile-config FILE   a configuration (TOML) that every terminal gets
flags of tokens:
  --count N        default 1
  --tenant NAME    default demo
  --terminal ID    the only terminal that may use it; needed where a terminal that is known gets a new key
  --profile NAME   how the fleet files the terminals
  --ttl TIME       default 30d

DIR has an authority made in it where there is none. To use your own, put it there as ca.pem and ca.key.
A token is printed once and cannot be had again: only its hash is kept.

examples:
  poshealth-fleet enrol tokens --count 1000 --tenant shop-12 --ttl 30d > tokens.txt
  poshealth-fleet enrol tokens --terminal PB0519AB --ttl 2d
  poshealth-fleet enrol serve --listen :8443 --cert server.pem --key server.key --broker tls://broker.example:8883
`

// enrol is the reference server for enrolment, and its maker of tokens.
func (in *invocation) enrol(ctx context.Context, args []string) int {
	if len(args) == 0 {
		return in.misuse("enrol: want serve or tokens")
	}
	switch command, rest := args[0], args[1:]; command {
	case "serve":
		return in.enrolServe(ctx, rest)
	case "tokens":
		return in.enrolTokens(rest)
	case "help", "--help", "-h":
		_, _ = io.WriteString(in.out, enrolUsage)
		return exitDone
	default:
		return in.misuse(fmt.Sprintf("enrol: there is no command %q: want serve or tokens", command))
	}
}

// enrolFlags makes a flag set; parseEnrol reads it, and says what has ended with code already.
func enrolFlags(name string, dir *string) *flag.FlagSet {
	f := flag.NewFlagSet("enrol "+name, flag.ContinueOnError)
	f.SetOutput(io.Discard) // we say it ourselves, once
	f.StringVar(dir, "dir", "enrolment", "")
	return f
}

func (in *invocation) parseEnrol(f *flag.FlagSet, args []string) (code int, done bool) {
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		_, _ = io.WriteString(in.out, enrolUsage)
		return exitDone, true
	case err != nil:
		return in.misuse(f.Name() + ": " + err.Error()), true
	case f.NArg() > 0:
		return in.misuse(fmt.Sprintf("%s: do not know what to do with %q", f.Name(), f.Arg(0))), true
	}
	return 0, false
}

func (in *invocation) enrolTokens(args []string) int {
	var dir string
	o := fleet.TokenOptions{}
	f := enrolFlags("tokens", &dir)
	f.IntVar(&o.Count, "count", 1, "")
	f.StringVar(&o.Tenant, "tenant", "demo", "")
	f.StringVar(&o.Terminal, "terminal", "", "")
	f.StringVar(&o.Profile, "profile", "", "")
	f.Func("ttl", "", days(&o.TTL))
	if code, done := in.parseEnrol(f, args); done {
		return code
	}
	tokens, err := fleet.MakeTokens(dir, o)
	if err != nil {
		return in.fail(err)
	}
	w := bufio.NewWriter(in.out)
	for _, token := range tokens {
		_, _ = fmt.Fprintln(w, token)
	}
	if err := w.Flush(); err != nil {
		return in.fail(err)
	}
	return exitDone
}

func (in *invocation) enrolServe(ctx context.Context, args []string) int {
	var listen, certFile, keyFile, names, configFile string
	o := fleet.EnrolOptions{Log: slog.New(slog.NewTextHandler(in.err, nil))}
	f := enrolFlags("serve", &o.Dir)
	f.StringVar(&listen, "listen", "127.0.0.1:8443", "")
	f.StringVar(&certFile, "cert", "", "")
	f.StringVar(&keyFile, "key", "", "")
	f.StringVar(&names, "name", "localhost,127.0.0.1", "")
	f.StringVar(&o.Broker, "broker", "", "")
	f.StringVar(&configFile, "profile-config", "", "")
	f.Func("life", "", days(&o.Life))
	f.Func("grace", "", days(&o.Grace))
	if code, done := in.parseEnrol(f, args); done {
		return code
	}
	if (certFile == "") != (keyFile == "") {
		return in.misuse("enrol serve: --cert and --key: both or neither")
	}
	if err := enrolServe(ctx, o, listen, certFile, keyFile, strings.Split(names, ","), configFile); err != nil {
		return in.fail(err)
	}
	return exitDone
}

func enrolServe(ctx context.Context, o fleet.EnrolOptions, listen, certFile, keyFile string, names []string, configFile string) (err error) {
	if configFile != "" {
		content, err := os.ReadFile(configFile)
		if err != nil {
			return err
		}
		o.Config = string(content)
	}
	server, err := fleet.OpenEnrolment(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	var cert tls.Certificate
	if certFile != "" {
		cert, err = tls.LoadX509KeyPair(certFile, keyFile)
	} else {
		cert, err = server.ServerCertificate(names...)
	}
	if err != nil {
		return fmt.Errorf("cannot use the server's certificate: %w", err)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return err
	}
	o.Log.Info("enrolling", slog.String("address", "https://"+l.Addr().String()), slog.String("dir", o.Dir))
	return server.Serve(ctx, l, cert)
}

// days reads a time with a unit that may be days.
func days(into *time.Duration) func(string) error {
	return func(s string) error {
		if n, ok := strings.CutSuffix(s, "d"); ok {
			whole, err := strconv.ParseUint(n, 10, 16)
			if err != nil || whole == 0 {
				return errors.New("want days such as 30d")
			}
			*into = time.Duration(whole) * 24 * time.Hour
			return nil
		}
		d, err := time.ParseDuration(s)
		if err != nil || d <= 0 {
			return errors.New("want a time such as 30d or 12h")
		}
		*into = d
		return nil
	}
}
