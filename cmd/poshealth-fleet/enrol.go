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
	default:
		return in.misuse(fmt.Sprintf("enrol: there is no command %q: want serve or tokens", command))
	}
}

// enrolFlags makes a flag set.
func enrolFlags(name string, dir *string) *flag.FlagSet {
	f := flag.NewFlagSet("enrol "+name, flag.ContinueOnError)
	f.SetOutput(io.Discard) // we say it ourselves, once
	f.StringVar(dir, "dir", "enrolment", "")
	return f
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
	if code, done := in.parse(f, args); done {
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
	if code, done := in.parse(f, args); done {
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
