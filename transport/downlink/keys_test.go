package downlink_test

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport/downlink"
	"github.com/poshealth/poshealth/transport/wire"
)

func TestKeysAreTakenAway(t *testing.T) {
	p := newPost(t, &flash{})
	seq := uint64(0)
	keyset := func(key ed25519.PrivateKey, version uint64, revoked ...downlink.KeyID) *downlink.Refusal {
		raw, err := json.Marshal(downlink.Keyset{Version: version, Revoked: append([]downlink.KeyID{}, revoked...)})
		require.NoError(t, err)
		seq++
		c, refusal := p.Open(cmdTopic, seal(t, key, cmdTopic, p.body(func(b *downlink.Body) {
			b.ID, b.Seq, b.Op, b.Args = fmt.Sprint("k", seq), seq, downlink.OpKeyset, raw
		})))
		if refusal == nil {
			require.NoError(t, p.book.Enter(c, wire.Done, nil))
		}
		return refusal
	}
	require.Nil(t, keyset(p.cmd, 5, idOf(p.notice)))
	r := keyset(p.cmd, 5)
	require.NotNil(t, r)
	assert.Contains(t, r.Detail, "higher version")
	r = keyset(p.cmd, 6, idOf(p.nextCmd))
	require.NotNil(t, r)
	assert.Contains(t, r.Detail, "does not revoke the next one")
	r = keyset(p.cmd, 6, idOf(p.cmd))
	require.NotNil(t, r)
	assert.Contains(t, r.Detail, "itself")
	require.Nil(t, keyset(p.cmd, 1<<53-1, idOf(p.notice), idOf(p.desired)), "a thief does what harm he can")

	require.Nil(t, keyset(p.nextCmd, 1, idOf(p.cmd)), "the next key stands above, whatever the version")
	r = keyset(p.cmd, 1<<53-1)
	require.NotNil(t, r)
	assert.Equal(t, downlink.RevokedKey, r.Reason)

	p = newPost(t, p.flash)
	_, r = p.Open(cmdTopic, seal(t, p.cmd, cmdTopic, p.body(func(b *downlink.Body) { b.Seq = 1000 })))
	require.NotNil(t, r)
	assert.Equal(t, downlink.RevokedKey, r.Reason, "after a power cut too")
	assert.NotContains(t, p.book.Keyset().Revoked, idOf(p.desired), "what the thief took away is back")
}

func TestKeysAsText(t *testing.T) {
	f := newFleet()
	for _, k := range f.pinned() {
		got, err := downlink.ParseKey(k.String())
		require.NoError(t, err)
		assert.Equal(t, k, got)
	}
	good := f.pinned()[0].String()
	for _, row := range []struct{ name, line, want string }{
		{"nothing", "", "keygen"},
		{"no purpose", strings.TrimSuffix(good, " cmd"), "cmd, desired or notice"},
		{"another purpose", good + "s", "cmd, desired or notice"},
		{"a digit mistyped", "0" + good[1:], "mistyped"},
		{"a letter of the key mistyped", strings.Replace(good, ":", ":A", 1), "keygen"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := downlink.ParseKey(row.line)
			assert.ErrorContains(t, err, row.want)
		})
	}
	_, err := downlink.ParseKeys([]string{good, good})
	require.ErrorContains(t, err, "there already")
	third := downlink.NewKey(downlink.ForCommands, f.foreign.Public().(ed25519.PublicKey)).String()
	_, err = downlink.ParseKeys([]string{good, f.pinned()[1].String(), third})
	assert.ErrorContains(t, err, "at most 2 keys for cmd")
}
