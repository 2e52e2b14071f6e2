package fleet_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/fleet"
	"github.com/poshealth/poshealth/transport/downlink"
)

func newKey(t *testing.T, purpose downlink.Purpose) (*fleet.SigningKey, string) {
	t.Helper()
	k, err := fleet.NewSigningKey(purpose)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "key")
	require.NoError(t, k.Save(file))
	return k, file
}

func TestKeysAreKeptSecret(t *testing.T) {
	k, file := newKey(t, downlink.ForCommands)
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	again, err := fleet.LoadSigningKey(file)
	require.NoError(t, err)
	assert.Equal(t, k.Key, again.Key)
	require.ErrorContains(t, k.Save(file), "there already", "a key is not written over")

	require.NoError(t, os.Chmod(file, 0o640))
	_, err = fleet.LoadSigningKey(file)
	require.ErrorContains(t, err, "may be read by others (mode 0640)")
	for _, text := range []string{"", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		wrong := filepath.Join(t.TempDir(), "wrong")
		require.NoError(t, os.WriteFile(wrong, []byte(text), 0o600))
		_, err = fleet.LoadSigningKey(wrong)
		require.ErrorContains(t, err, "keygen")
	}
	_, err = fleet.NewSigningKey("root")
	assert.ErrorContains(t, err, "want cmd, desired or notice")
}

func TestNumbersOfAKeyRise(t *testing.T) {
	k, file := newKey(t, downlink.ForCommands)
	o := fleet.Order{Tenant: "shop", Dst: "T1", Op: "probe"}
	now := time.Unix(1_800_000_000, 0)
	first, err := k.Sign(o, now)
	require.NoError(t, err)
	assert.EqualValues(t, now.UnixMilli(), first.Body.Seq)
	assert.Equal(t, "pos/v1/shop/T1/cmd", first.Topic)
	second, err := k.Sign(o, now.Add(-time.Hour))
	require.NoError(t, err)
	assert.Equal(t, first.Body.Seq+1, second.Body.Seq, "although the clock went back")

	o.Seq = 5
	third, err := k.Sign(o, now)
	require.NoError(t, err)
	assert.EqualValues(t, 5, third.Body.Seq, "whoever says so knows why")
	o.Seq = 0
	fourth, err := k.Sign(o, now)
	require.NoError(t, err)
	assert.Equal(t, second.Body.Seq+1, fourth.Body.Seq)

	var together sync.WaitGroup
	var mu sync.Mutex
	seen := map[uint64]bool{}
	for range 20 {
		together.Go(func() {
			other, err := fleet.LoadSigningKey(file) // another process
			assert.NoError(t, err)
			s, err := other.Sign(o, now)
			assert.NoError(t, err)
			mu.Lock()
			defer mu.Unlock()
			assert.False(t, seen[s.Body.Seq], "no number twice")
			seen[s.Body.Seq] = true
		})
	}
	together.Wait()
	require.NoError(t, os.WriteFile(file+".seq", []byte("{"), 0o600))
	_, err = k.Sign(o, now)
	assert.ErrorContains(t, err, "move it away")
}

func TestWhatATerminalWouldRefuseIsNotSigned(t *testing.T) {
	k, file := newKey(t, downlink.ForCommands)
	good := fleet.Order{Tenant: "shop", Dst: "T1", Op: "probe"}
	for _, row := range []struct {
		name, want string
		bend       func(*fleet.Order)
	}{
		{"an unknown operation", `no operation "reboot"`, func(o *fleet.Order) { o.Op = "reboot" }},
		{"another purpose", "is for cmd, and notice wants one for notice", func(o *fleet.Order) { o.Op = "notice" }},
		{"wrong arguments", `probe: "kind" is not known`, func(o *fleet.Order) { o.Args = `{"kind":"tcp"}` }},
		{"a name that is none", "want a terminal's id", func(o *fleet.Order) { o.Dst = "T/1" }},
		{"another tenant's group", "not a group of tenant shop", func(o *fleet.Order) { o.Dst = "other/*" }},
		{"a probe by all at once", "would flood", func(o *fleet.Order) { o.Dst = "shop/*" }},
		{"too long a life", "nbf, exp", func(o *fleet.Order) { o.Life = 30 * 24 * time.Hour }},
		{"an id that is none", "id:", func(o *fleet.Order) { o.ID = "a b" }},
		{"a nonce that is none", "nonce:", func(o *fleet.Order) { o.Nonce = "x" }},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := good
			row.bend(&o)
			_, err := k.Sign(o, time.Now())
			assert.ErrorContains(t, err, row.want)
		})
	}
	_, err := os.Stat(file + ".seq")
	require.ErrorIs(t, err, os.ErrNotExist, "no number was used")

	d, _ := newKey(t, downlink.ForDesired)
	args, err := json.Marshal(downlink.Desired{Version: 1, Config: strings.Repeat("#", 13<<10)})
	require.NoError(t, err)
	_, err = d.Sign(fleet.Order{Tenant: "shop", Dst: "T1", Op: "desired", Args: string(args)}, time.Now())
	assert.ErrorContains(t, err, "at most 12288")
}

func TestASignedOrderInAFile(t *testing.T) {
	k, _ := newKey(t, downlink.ForCommands)
	s, err := k.Sign(fleet.Order{Tenant: "shop", Dst: "shop/*", Op: "set", Args: `{"fleet":9}`}, time.Now())
	require.NoError(t, err)
	text, err := json.Marshal(s)
	require.NoError(t, err)
	var got fleet.Signed
	require.NoError(t, json.Unmarshal(text, &got))
	assert.Equal(t, "pos/v1/shop/notice/cmd", got.Topic)
	assert.Equal(t, s.Envelope, got.Envelope)
	assert.Equal(t, s.Body.ID, got.Body.ID)
	assert.Error(t, json.Unmarshal([]byte(`{"topic":"x"}`), &got))
}
