package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/poshealth/poshealth/fleet"
	"github.com/poshealth/poshealth/transport/downlink"
)

// keygen makes a key.
func (in *invocation) keygen(args []string) int {
	f := in.flags("keygen")
	purpose := f.String("for", string(downlink.ForCommands), "")
	out := f.String("out", "", "")
	if code, done := in.parse(f, args); done {
		return code
	}
	k, err := fleet.NewSigningKey(downlink.Purpose(*purpose))
	if err != nil {
		return in.misuse("keygen: " + err.Error())
	}
	if *out == "" {
		*out = "poshealth-" + *purpose + ".key"
	}
	if err := k.Save(*out); err != nil {
		return in.fail(err)
	}
	_, _ = fmt.Fprintln(in.out, k.Key)
	_, _ = fmt.Fprintf(in.err, "the private key lies in %s: keep it away from brokers and terminals. The line above goes into [downlink] keys of each terminal\n", *out)
	return exitDone
}

// order are the flags that say what to sign.
type order struct {
	fleet.Order
	key, config string
	version     uint64
	probation   time.Duration
}

func (o *order) flags(f *flag.FlagSet) {
	f.StringVar(&o.key, "key", "", "")
	f.StringVar(&o.Tenant, "tenant", "", "")
	f.StringVar(&o.Dst, "dst", "", "")
	f.StringVar(&o.Op, "op", "", "")
	f.StringVar(&o.Args, "args", "", "")
	f.StringVar(&o.ID, "id", "", "")
	f.Uint64Var(&o.Seq, "seq", 0, "")
	f.DurationVar(&o.Life, "ttl", 0, "")
	f.StringVar(&o.Nonce, "nonce", "", "")
	f.StringVar(&o.config, "config", "", "")
	f.Uint64Var(&o.version, "version", 0, "")
	f.DurationVar(&o.probation, "probation", 10*time.Minute, "")
}

// complete reads the files that the flags name.
func (o *order) complete() (*fleet.SigningKey, error) {
	for _, missing := range [][2]string{{o.key, "--key"}, {o.Tenant, "--tenant"}, {o.Dst, "--dst"}, {o.Op, "--op"}} {
		if missing[0] == "" {
			return nil, fmt.Errorf("%s is missing", missing[1])
		}
	}
	if len(o.Args) > 1 && o.Args[0] == '@' {
		text, err := readText(o.Args[1:])
		if err != nil {
			return nil, err
		}
		o.Args = text
	}
	if o.config != "" {
		if o.Op != string(downlink.OpDesired) || o.Args != "" {
			return nil, errors.New("--config is for --op desired, without --args")
		}
		text, err := readText(o.config)
		if err != nil {
			return nil, err
		}
		args, err := json.Marshal(downlink.Desired{Version: o.version, Config: text, ProbationS: int64(o.probation / time.Second)})
		if err != nil {
			return nil, err
		}
		o.Args = string(args)
	}
	return fleet.LoadSigningKey(o.key)
}

// readText reads a file that fits into an envelope.
func readText(file string) (string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() > downlink.MaxEnvelope {
		return "", fmt.Errorf("%s: want a file of at most %d bytes", file, downlink.MaxEnvelope)
	}
	text, err := os.ReadFile(file)
	return string(text), err
}

// sign signs a command and prints it.
func (in *invocation) sign(args []string) int {
	f := in.flags("sign")
	var o order
	o.flags(f)
	if code, done := in.parse(f, args); done {
		return code
	}
	key, err := o.complete()
	if err != nil {
		return in.fail(fmt.Errorf("sign: %w", err))
	}
	s, err := key.Sign(o.Order, time.Now())
	if err != nil {
		return in.fail(fmt.Errorf("sign: %w", err))
	}
	e := json.NewEncoder(in.out)
	if err := e.Encode(s); err != nil {
		return in.fail(err)
	}
	return exitDone
}
