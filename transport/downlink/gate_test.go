package downlink_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport/downlink"
)

// flash is a file that can be made to fail.
type flash struct {
	content string // "": there is none
	broken  error
	writes  int
}

func (f *flash) read(string, int64) ([]byte, error) {
	if f.content == "" {
		return nil, fs.ErrNotExist
	}
	return []byte(f.content), nil
}

func (f *flash) write(_, content string) error {
	if f.broken != nil {
		return f.broken
	}
	f.content = content + "\n"
	f.writes++
	return nil
}

// fleet has the private keys, in the order in which a terminal has them pinned.
type fleet struct{ cmd, nextCmd, desired, notice, foreign ed25519.PrivateKey }

func newFleet() fleet {
	key := func(b byte) ed25519.PrivateKey {
		return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{b}, ed25519.SeedSize))
	}
	return fleet{key(1), key(2), key(3), key(4), key(5)}
}

func (f fleet) pinned() []downlink.Key {
	k := func(p downlink.Purpose, private ed25519.PrivateKey) downlink.Key {
		return downlink.NewKey(p, private.Public().(ed25519.PublicKey))
	}
	return []downlink.Key{
		k(downlink.ForCommands, f.cmd), k(downlink.ForCommands, f.nextCmd), k(downlink.ForDesired, f.desired), k(downlink.ForNotices, f.notice),
	}
}

func idOf(private ed25519.PrivateKey) downlink.KeyID {
	return downlink.NewKey(downlink.ForCommands, private.Public().(ed25519.PublicKey)).ID
}

const nonce = "0123456789abcdef"

// post is a terminal's gate with what it stands on.
type post struct {
	fleet
	*downlink.Gate
	book  *downlink.Book
	flash *flash
	now   time.Time
	known bool
	boot  time.Duration
}

func newPost(t *testing.T, f *flash) *post {
	t.Helper()
	p := &post{fleet: newFleet(), flash: f, now: time.Unix(1_800_000_000, 0), known: true}
	var err error
	p.book, err = downlink.OpenBook(downlink.BookOptions{File: "book", Keys: p.pinned(), Read: f.read, Write: f.write})
	if f.content == "" {
		require.NoError(t, err)
	}
	p.Gate = downlink.NewGate(downlink.GateOptions{
		Tenant: "demo", Terminal: "T1", Keys: p.pinned(), Book: p.book,
		Now:      func() (time.Time, bool) { return p.now, p.known },
		Boottime: func() time.Duration { return p.boot },
		Nonce:    func() string { return nonce },
	})
	return p
}

// body is a good one for a probe; change bends it.
func (p *post) body(change func(*downlink.Body)) []byte {
	b := downlink.Body{ID: "c1", Dst: "T1", Seq: 10, NotBefore: p.now.Unix() - 10, Expires: p.now.Unix() + 600, Op: downlink.OpProbe}
	if change != nil {
		change(&b)
	}
	raw, err := json.Marshal(b)
	if err != nil {
		panic(err)
	}
	return raw
}

const cmdTopic = "pos/v1/demo/T1/cmd"

func seal(t *testing.T, key ed25519.PrivateKey, topic string, body []byte) []byte {
	t.Helper()
	envelope, err := downlink.Seal(key, topic, body)
	require.NoError(t, err)
	return envelope
}

func TestWhatIsRefused(t *testing.T) {
	type in struct {
		topic    string
		envelope []byte
	}
	cmd := func(t *testing.T, p *post, change func(*downlink.Body)) in {
		return in{cmdTopic, seal(t, p.cmd, cmdTopic, p.body(change))}
	}
	args := func(op downlink.Op, raw string) func(*downlink.Body) {
		return func(b *downlink.Body) { b.Op, b.Args = op, json.RawMessage(raw) }
	}
	for _, row := range []struct {
		name string
		want downlink.Reason // "": nothing is refused
		says string
		make func(t *testing.T, p *post) in
	}{
		{"a good one", "", "", func(t *testing.T, p *post) in { return cmd(t, p, nil) }},
		{"the next key's", "", "", func(t *testing.T, p *post) in { return in{cmdTopic, seal(t, p.nextCmd, cmdTopic, p.body(nil))} }},
		{"one for all of the tenant", "", "", func(t *testing.T, p *post) in {
			const all = "pos/v1/demo/notice/cmd"
			return in{all, seal(t, p.cmd, all, p.body(func(b *downlink.Body) {
				b.Dst, b.Op, b.Args = "demo/*", "set", json.RawMessage(`{"fleet":2}`)
			}))}
		}},
		{"a probe by all of the tenant at once", downlink.OtherTopic, "probe for demo/*", func(t *testing.T, p *post) in {
			const all = "pos/v1/demo/notice/cmd"
			return in{all, seal(t, p.cmd, all, p.body(func(b *downlink.Body) { b.Dst = "demo/*" }))}
		}},
		{"a notice by the key for notices", "", "", func(t *testing.T, p *post) in {
			return in{cmdTopic, seal(t, p.notice, cmdTopic, p.body(args("notice", `{"zh":"今晚维护","en":"Maintenance tonight","until":1800000600}`)))}
		}},
		{"a megabyte", downlink.TooLarge, "1048576 bytes", func(*testing.T, *post) in { return in{cmdTopic, make([]byte, 1<<20)} }},
		{"a byte too many", downlink.TooLarge, "16385", func(*testing.T, *post) in { return in{cmdTopic, make([]byte, downlink.MaxEnvelope+1)} }},
		{"nothing", downlink.Malformed, "0 bytes", func(*testing.T, *post) in { return in{cmdTopic, nil} }},
		{"a signature with nothing under it", downlink.Malformed, "68 bytes", func(*testing.T, *post) in { return in{cmdTopic, make([]byte, 68)} }},
		{"garbage", downlink.UnknownKey, "no key 67617262", func(*testing.T, *post) in { return in{cmdTopic, bytes.Repeat([]byte("garbage"), 50)} }},
		{"truncated", downlink.BadSignature, "", func(t *testing.T, p *post) in {
			e := seal(t, p.cmd, cmdTopic, p.body(nil))
			return in{cmdTopic, e[:len(e)-1]}
		}},
		{"a bit turned", downlink.BadSignature, "", func(t *testing.T, p *post) in {
			e := seal(t, p.cmd, cmdTopic, p.body(nil))
			e[len(e)-3] ^= 1
			return in{cmdTopic, e}
		}},
		{"somebody else's key", downlink.UnknownKey, "is pinned", func(t *testing.T, p *post) in { return in{cmdTopic, seal(t, p.foreign, cmdTopic, p.body(nil))} }},
		{"somebody else's key under our name", downlink.BadSignature, "", func(t *testing.T, p *post) in {
			e := seal(t, p.foreign, cmdTopic, p.body(nil))
			copy(e, seal(t, p.cmd, cmdTopic, p.body(nil))[:4])
			return in{cmdTopic, e}
		}},
		{"another terminal's topic", downlink.OtherTopic, "", func(t *testing.T, p *post) in {
			return in{"pos/v1/demo/T2/cmd", seal(t, p.cmd, "pos/v1/demo/T2/cmd", p.body(nil))}
		}},
		{"another terminal's message, published here", downlink.BadSignature, "for this topic", func(t *testing.T, p *post) in {
			return in{cmdTopic, seal(t, p.cmd, "pos/v1/demo/T2/cmd", p.body(nil))}
		}},
		{"another terminal's name", downlink.OtherTopic, "probe for T2", func(t *testing.T, p *post) in { return cmd(t, p, func(b *downlink.Body) { b.Dst = "T2" }) }},
		{"another tenant's group", downlink.OtherTopic, "", func(t *testing.T, p *post) in {
			return cmd(t, p, func(b *downlink.Body) { b.Dst = "other/*" })
		}},
		{"a configuration among the commands", downlink.OtherTopic, "", func(t *testing.T, p *post) in {
			return in{cmdTopic, seal(t, p.desired, cmdTopic, p.body(args("desired", `{"version":1,"config":""}`)))}
		}},
		{"a notice by the key for commands", downlink.UnknownKey, "wants one for notice", func(t *testing.T, p *post) in {
			return cmd(t, p, args("notice", `{"zh":"a","en":"b","until":1}`))
		}},
		{"a command by the key for notices", downlink.UnknownKey, "is for notice", func(t *testing.T, p *post) in { return in{cmdTopic, seal(t, p.notice, cmdTopic, p.body(nil))} }},
		{"an unknown operation", downlink.UnknownOp, `no operation "reboot"`, func(t *testing.T, p *post) in { return cmd(t, p, args("reboot", `{}`)) }},
		{"an unknown argument", downlink.BadArgs, `"shell" is not known`, func(t *testing.T, p *post) in { return cmd(t, p, args("probe", `{"shell":"id"}`)) }},
		{"an argument where none is wanted", downlink.BadArgs, "nothing is wanted", func(t *testing.T, p *post) in { return cmd(t, p, args("rotate", `{"now":1}`)) }},
		{"an argument twice", downlink.BadArgs, "twice", func(t *testing.T, p *post) in { return cmd(t, p, args("set", `{"fleet":2,"fleet":3}`)) }},
		{"an argument in other letters", downlink.BadArgs, `"FLEET"`, func(t *testing.T, p *post) in { return cmd(t, p, args("set", `{"FLEET":2}`)) }},
		{"an argument that is null", downlink.BadArgs, "no value", func(t *testing.T, p *post) in { return cmd(t, p, args("set", `{"fleet":null}`)) }},
		{"an argument of another type", downlink.BadArgs, "a string does not fit", func(t *testing.T, p *post) in { return cmd(t, p, args("set", `{"fleet":"2"}`)) }},
		{"an argument out of bounds", downlink.BadArgs, "pulse_s: want 10 to 86400", func(t *testing.T, p *post) in { return cmd(t, p, args("set", `{"pulse_s":1}`)) }},
		{"nothing to set", downlink.BadArgs, "at least one", func(t *testing.T, p *post) in { return cmd(t, p, args("set", `{}`)) }},
		{"a window with an unknown word", downlink.BadArgs, `"host2"`, func(t *testing.T, p *post) in { return cmd(t, p, args("maintenance", `{"windows":[{"host2":"a"}]}`)) }},
		{"muted for too long", downlink.BadArgs, "at most 24h", func(t *testing.T, p *post) in {
			return cmd(t, p, args("mute", `{"what":"display","until":1800090000}`))
		}},
		{"news with a card's number", downlink.BadArgs, "want 1 to 12", func(t *testing.T, p *post) in {
			return cmd(t, p, args("host-news", `{"at":1800000000000,"last_ref":"4111111111111111"}`))
		}},
		{"a notice with a card's number", downlink.BadArgs, "a card's", func(t *testing.T, p *post) in {
			return in{cmdTopic, seal(t, p.notice, cmdTopic, p.body(args("notice", `{"zh":"4111 1111 1111 1111","en":"b","until":1}`)))}
		}},
		{"a body that is no JSON", downlink.Malformed, "", func(t *testing.T, p *post) in { return in{cmdTopic, seal(t, p.cmd, cmdTopic, []byte("probe"))} }},
		{"a body that is not UTF-8", downlink.Malformed, "UTF-8", func(t *testing.T, p *post) in {
			return in{cmdTopic, seal(t, p.cmd, cmdTopic, []byte("{\"id\":\"\xff\"}"))}
		}},
		{"something behind the body", downlink.Malformed, "behind", func(t *testing.T, p *post) in {
			return in{cmdTopic, seal(t, p.cmd, cmdTopic, append(p.body(nil), "{}"...))}
		}},
		{"an unknown field", downlink.Malformed, `"cwd"`, func(t *testing.T, p *post) in {
			return in{cmdTopic, seal(t, p.cmd, cmdTopic, bytes.Replace(p.body(nil), []byte(`{`), []byte(`{"cwd":"/",`), 1))}
		}},
		{"no id", downlink.Malformed, "id:", func(t *testing.T, p *post) in { return cmd(t, p, func(b *downlink.Body) { b.ID = "" }) }},
		{"no number", downlink.Malformed, "seq:", func(t *testing.T, p *post) in { return cmd(t, p, func(b *downlink.Body) { b.Seq = 0 }) }},
		{"one that is good for a year", downlink.Malformed, "exp after nbf", func(t *testing.T, p *post) in { return cmd(t, p, func(b *downlink.Body) { b.Expires += 365 * 86400 }) }},
		{"expired", downlink.Expired, "good until", func(t *testing.T, p *post) in { return cmd(t, p, func(b *downlink.Body) { b.Expires = p.now.Unix() }) }},
		{"of the future", downlink.NotYet, "good from", func(t *testing.T, p *post) in {
			return cmd(t, p, func(b *downlink.Body) { b.NotBefore, b.Expires = p.now.Unix()+300, p.now.Unix()+600 })
		}},
		{"within the tolerance of the sender's clock", "", "", func(t *testing.T, p *post) in {
			return cmd(t, p, func(b *downlink.Body) { b.NotBefore = p.now.Unix() + 60 })
		}},
		{"of another connection", downlink.Expired, "another connection", func(t *testing.T, p *post) in {
			return cmd(t, p, func(b *downlink.Body) { b.Nonce = strings.Repeat("f", 16) })
		}},
		{"without the time", downlink.UnsafeNow, "time not known", func(t *testing.T, p *post) in {
			p.known = false
			return cmd(t, p, nil)
		}},
		{"without the time, harmless, with the nonce", "", "", func(t *testing.T, p *post) in {
			p.known = false
			return cmd(t, p, func(b *downlink.Body) { b.Nonce = nonce })
		}},
		{"without the time, the log with the nonce", "", "", func(t *testing.T, p *post) in {
			p.known = false
			return cmd(t, p, func(b *downlink.Body) {
				b.Nonce, b.Op, b.Args = nonce, "set", json.RawMessage(`{"log":"debug"}`)
			})
		}},
		{"without the time, not harmless, with the nonce", downlink.UnsafeNow, "time not known", func(t *testing.T, p *post) in {
			p.known = false
			return cmd(t, p, func(b *downlink.Body) {
				b.Nonce, b.Op, b.Args = nonce, "set", json.RawMessage(`{"log":"debug","fleet":3}`)
			})
		}},
		{"without the time, another connection's nonce", downlink.Expired, "", func(t *testing.T, p *post) in {
			p.known = false
			return cmd(t, p, func(b *downlink.Body) { b.Nonce = strings.Repeat("f", 16) })
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := newPost(t, &flash{})
			in := row.make(t, p)
			c, refusal := p.Open(in.topic, in.envelope)
			if row.want == "" {
				require.Nil(t, refusal)
				assert.Equal(t, "c1", c.ID)
				assert.NotNil(t, c.Args)
				return
			}
			require.NotNil(t, refusal)
			assert.Equal(t, row.want, refusal.Reason, refusal.Detail)
			assert.Contains(t, refusal.Detail, row.says)
			assert.LessOrEqual(t, len(refusal.Detail), 200)
			before := []downlink.Reason{downlink.TooLarge, downlink.RevokedKey, downlink.BadSignature}
			if refusal.Signed {
				assert.NotContains(t, before, refusal.Reason)
			}
			assert.Zero(t, p.flash.writes, "looking changes nothing")
		})
	}
}

func TestVerifyingIsLimited(t *testing.T) {
	p := newPost(t, &flash{})
	verified := func() int {
		n := 0
		for range 1000 {
			e := seal(t, p.cmd, cmdTopic, p.body(nil))
			e[10] ^= 1
			_, r := p.Open(cmdTopic, e)
			if r.Reason == downlink.BadSignature {
				n++
			}
		}
		return n
	}
	assert.Equal(t, 20, verified())
	p.boot += 3 * time.Second
	assert.Equal(t, 3, verified())
	p.boot += time.Hour
	assert.Equal(t, 20, verified())
}

func TestSealRefusesWhatNobodyReads(t *testing.T) {
	_, err := downlink.Seal(newFleet().cmd, cmdTopic, make([]byte, downlink.MaxEnvelope))
	require.ErrorContains(t, err, "make it shorter")
	assert.Len(t, seal(t, newFleet().cmd, cmdTopic, make([]byte, 167)), 235, "a command of 167 bytes")
}

func FuzzEnvelope(f *testing.F) {
	p := &post{fleet: newFleet(), now: time.Unix(1_800_000_000, 0)}
	good, err := downlink.Seal(p.cmd, cmdTopic, p.body(nil))
	require.NoError(f, err)
	f.Add(cmdTopic, good)
	f.Add(cmdTopic, good[:80])
	f.Add("pos/v1/demo/T2/cmd", good)
	f.Fuzz(func(t *testing.T, topic string, envelope []byte) {
		p := newPost(t, &flash{})
		if _, refusal := p.Open(topic, envelope); refusal == nil {
			require.Equal(t, good, envelope, "nobody but the fleet can sign")
		}
	})
}

// FuzzBody reads bodies as if they were signed: what is read can be written, and read again.
func FuzzBody(f *testing.F) {
	p := &post{now: time.Unix(1_800_000_000, 0)}
	for _, op := range downlink.Ops() {
		f.Add(p.body(func(b *downlink.Body) {
			b.Op, b.Args = downlink.Op(op), json.RawMessage(`{"version":1,"config":"a=1"}`)
		}))
	}
	f.Add(p.body(func(b *downlink.Body) {
		b.Op, b.Args = "maintenance", json.RawMessage(`{"windows":[{"host":"a","daily":"22:40-23:05"}]}`)
	}))
	f.Add(p.body(func(b *downlink.Body) {
		b.Op, b.Args = "host-news", json.RawMessage(`{"at":1800000000000,"in_doubt":0,"payout":{"state":"late"}}`)
	}))
	f.Add([]byte(`{"id":"a","ID":"b"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := downlink.ParseBody(data)
		if err != nil {
			return
		}
		out, err := json.Marshal(b)
		require.NoError(t, err)
		again, err := downlink.ParseBody(out)
		require.NoError(t, err)
		require.Equal(t, b.ID, again.ID)
		args, err := downlink.ParseArgs(b.Op, b.Args)
		if err == nil {
			require.NotNil(t, args)
		}
	})
}

// BenchmarkOpen is what one message costs a terminal's processor, whoever sent it.
func BenchmarkOpen(b *testing.B) {
	p := &post{fleet: newFleet(), now: time.Unix(1_800_000_000, 0)}
	f := &flash{}
	book, err := downlink.OpenBook(downlink.BookOptions{Keys: p.pinned(), Read: f.read, Write: f.write})
	require.NoError(b, err)
	gate := downlink.NewGate(downlink.GateOptions{
		Tenant: "demo", Terminal: "T1", Keys: p.pinned(), Book: book, Nonce: func() string { return nonce },
		Now:      func() (time.Time, bool) { return p.now, true },
		Boottime: func() time.Duration { p.boot += time.Second; return p.boot },
	})
	envelope, err := downlink.Seal(p.cmd, cmdTopic, p.body(nil))
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, refusal := gate.Open(cmdTopic, envelope); refusal != nil {
			b.Fatal(refusal)
		}
	}
}
