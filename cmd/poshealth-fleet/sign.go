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

const commandUsage = `poshealth-fleet keygen, sign, send: command a terminal.
向终端下发签名指令。

  keygen           make a key; prints the public line for [downlink] keys of the terminals   生成密钥
  sign             sign a command, and print it as JSON for send --envelope                  签名指令
  send             sign a command, publish it, and wait for the terminal's answer            签名、下发并等待应答

flags of keygen:
  --for PURPOSE          cmd, desired or notice; default cmd
  --out FILE             where the private key goes, mode 0600; default poshealth-PURPOSE.key
flags of sign and send:
  --key FILE             the private key; numbers are kept in FILE.seq beside it
  --tenant NAME          the terminal's tenant
  --dst ID               the terminal, or "TENANT/*" for all of the tenant
  --op OP                bundle, desired, host-news, keyset, maintenance, mute, notice, probe, rotate, set or snapshot
  --args JSON            its arguments, or @FILE; default none
  --config FILE          of op desired: the configuration, with --version N and --probation 1m..1h (10m)
  --ttl DURATION         how long it is good; default 1h, at most 168h, 2160h for a configuration
  --id, --seq, --nonce   default: made, the next one, none
flags of send:
  --envelope FILE        send what sign printed, instead of signing
  --wait DURATION        for the last word; default 30s
  --broker, --ca, --user, --password-file, --client-id    as watch has them

exit codes: 0 done; 2 failed, refused or not answered; 3 wrong usage

examples:
  poshealth-fleet keygen --for cmd --out cmd.key
  poshealth-fleet send --key cmd.key --tenant shop-12 --dst T0000001 --op probe --args '{"kinds":["tcp","dns"]}'
  poshealth-fleet send --key cmd.key --tenant shop-12 --dst T0000001 --op set --args '{"pulse_s":300}' --broker tls://broker.example --ca ca.pem
  poshealth-fleet send --key notice.key --tenant shop-12 --dst 'shop-12/*' --op notice --args @notice.json
  poshealth-fleet send --key desired.key --tenant shop-12 --dst T0000001 --op desired --config terminal.toml --version 7 --wait 15m
  poshealth-fleet sign --key cmd.key --tenant shop-12 --dst T0000001 --op snapshot > signed.json && poshealth-fleet send --envelope signed.json
`

// keygen makes a key.
func (in *invocation) keygen(args []string) int {
	f := in.flags("keygen")
	purpose := f.String("for", string(downlink.ForCommands), "")
	out := f.String("out", "", "")
	if code, done := in.parseWith(commandUsage, f, args); done {
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
	if code, done := in.parseWith(commandUsage, f, args); done {
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
