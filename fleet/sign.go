package fleet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/poshealth/poshealth/transport/downlink"
)

const (
	// commandLife of a command: what is not done within the hour is asked for anew.
	commandLife = time.Hour
	// commandEarly: the sender's clock may be a little ahead of what terminals agree on.
	commandEarly = time.Minute
	// maxSeqFile in bytes: 20,000 destinations.
	maxSeqFile = 1 << 20
)

// Order is a command to be signed.
type Order struct {
	Tenant string        // of the terminal
	Dst    string        // the terminal's id, or "tenant/*" for all of the tenant
	Op     string        // an operation, see [downlink.Ops]
	Args   string        // JSON; "": none
	ID     string        // of the command; "": one is made
	Seq    uint64        // 0: the next one
	Life   time.Duration // how long it is good; 0: an hour
	Nonce  string        // of the terminal's connection; "": any
}

// Signed is an order under a signature.
type Signed struct {
	Topic    string
	Envelope []byte
	Body     downlink.Body
	Key      downlink.KeyID
}

// Sign makes the envelope of an order, by the rules that the terminal will judge it by: what it would refuse as wrong is refused here.
// The number is kept in a file beside the key, with ".seq" to its name, before the envelope is given out, so that none is used twice;
// where that file is lost numbers begin with the milliseconds of the clock, which is above all that were used.
func (k *SigningKey) Sign(o Order, now time.Time) (Signed, error) {
	purpose, err := downlink.PurposeOf(downlink.Op(o.Op))
	if err != nil {
		return Signed{}, err
	}
	if purpose != k.Key.Purpose {
		return Signed{}, fmt.Errorf("the key %s is for %s, and %s wants one for %s: make one with keygen --for %s", k.Key.ID, k.Key.Purpose, o.Op, purpose, purpose)
	}
	if _, err := downlink.ParseArgs(downlink.Op(o.Op), []byte(o.Args)); err != nil {
		return Signed{}, fmt.Errorf("%s: %w", o.Op, err)
	}
	topic, err := downlink.Topic(o.Tenant, o.Dst, downlink.Op(o.Op))
	if err != nil {
		return Signed{}, err
	}
	if o.Life == 0 {
		o.Life = commandLife
	}
	body := downlink.Body{
		ID: o.ID, Dst: o.Dst, Seq: max(o.Seq, 1), NotBefore: now.Add(-commandEarly).Unix(), Expires: now.Add(o.Life).Unix(), Nonce: o.Nonce,
		Op: downlink.Op(o.Op), Args: json.RawMessage(strings.TrimSpace(o.Args)),
	}
	if body.ID == "" {
		body.ID = strconv.FormatInt(now.UnixNano(), 36)
	}
	if err := body.Check(); err != nil {
		return Signed{}, err
	}
	if body.Seq, err = k.number(o, now); err != nil {
		return Signed{}, err
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return Signed{}, fmt.Errorf("cannot write the command: %w", err)
	}
	envelope, err := downlink.Seal(k.private, topic, raw)
	return Signed{Topic: topic, Envelope: envelope, Body: body, Key: k.Key.ID}, err
}

// number takes the next number for a destination, or the one asked for, and keeps it. Whoever else signs with the key waits meanwhile.
func (k *SigningKey) number(o Order, now time.Time) (uint64, error) {
	if k.file == "" {
		return 0, errors.New("the key was not saved, so that its numbers cannot be kept: save it first")
	}
	file := k.file + ".seq"
	lock, err := os.OpenFile(file+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return 0, fmt.Errorf("cannot keep the number: %w", err)
	}
	defer func() { _ = lock.Close() }() // which lets the lock go
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return 0, fmt.Errorf("cannot keep the number: %w", err)
	}
	used := make(map[string]uint64)
	switch raw, err := os.ReadFile(file); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return 0, fmt.Errorf("cannot read the numbers that were used: %w", err)
	default:
		if err := json.Unmarshal(raw, &used); err != nil {
			return 0, fmt.Errorf("cannot read the numbers that were used: %s: %w: move it away, and numbers begin with the clock's milliseconds", file, err)
		}
	}
	next := max(used[o.Dst]+1, uint64(now.UnixMilli()))
	if o.Seq != 0 {
		next = o.Seq
	}
	used[o.Dst] = max(used[o.Dst], next)
	raw, err := json.Marshal(used)
	if err != nil || len(raw) > maxSeqFile {
		return 0, fmt.Errorf("cannot keep the number: %s would have %d bytes, and at most %d are kept: use another key", file, len(raw), maxSeqFile)
	}
	if err := writeWhole(file, raw); err != nil {
		return 0, fmt.Errorf("cannot keep the number: %w", err)
	}
	return next, nil
}

// writeWhole leaves the old file or the new one, whatever happens.
func writeWhole(file string, content []byte) error {
	f, err := os.OpenFile(file+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// signedFile is how an envelope lies in a file: signed on a machine that has the key, sent by one that has the broker.
type signedFile struct {
	Topic    string `json:"topic"`
	ID       string `json:"id"`
	Envelope []byte `json:"envelope"` // base64
}

// MarshalJSON is the file of a signed order.
func (s Signed) MarshalJSON() ([]byte, error) {
	return json.Marshal(signedFile{s.Topic, s.Body.ID, s.Envelope})
}

// UnmarshalJSON reads the topic, the id and the envelope back; whether the signature is good only the terminal knows.
func (s *Signed) UnmarshalJSON(b []byte) error {
	var f signedFile
	if err := json.Unmarshal(b, &f); err != nil {
		return err
	}
	if f.Topic == "" || f.ID == "" || len(f.Envelope) == 0 {
		return errors.New(`want what "poshealth-fleet sign" prints`)
	}
	*s = Signed{Topic: f.Topic, Envelope: f.Envelope, Body: downlink.Body{ID: f.ID}}
	return nil
}
