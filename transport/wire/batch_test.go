package wire_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport/wire"
)

// TestBatch: what a spool held comes out as it went in, packed or plain, and costs less than one by one.
func TestBatch(t *testing.T) {
	pulse := golden(t, "v1/snapshot-07.json")
	moving, random := regexp.MustCompile(`:\d+\.\d+`), rand.New(rand.NewPCG(1, 2))
	var items [][]byte
	alone := 0
	for n := range uint64(20) {
		moved := moving.ReplaceAllFunc(pulse, func([]byte) []byte { return fmt.Appendf(nil, ":%.3f", 100*random.Float64()) })
		item, err := wire.Stamp(moved, wire.Spool{ID: "c41d7e0088a95b36", Seq: 40 + n}, true)
		require.NoError(t, err)
		items, alone = append(items, item), alone+len(wire.Pack(item))
	}
	body, taken, err := wire.EncodeBatch(wire.Terminal{ID: "T1", Tenant: "demo", Agent: "1.0.0", Model: "A920"}, items, wire.MaxMessage)
	require.NoError(t, err)
	require.Equal(t, 20, taken)
	packed := wire.Pack(body)
	t.Logf("20 pulses: %d B packed in one message, %d B one by one, and 244 B each time for TLS and MQTT", len(packed), alone)
	assert.Less(t, len(packed), alone/2)
	for _, form := range [][]byte{body, packed} {
		b, err := wire.DecodeBatch(form)
		require.NoError(t, err)
		assert.Equal(t, wire.Terminal{ID: "T1", Tenant: "demo", Agent: "1.0.0"}, b.Terminal, "whose it is; each item says the rest")
		require.Len(t, b.Items, 20)
		for i, item := range b.Items {
			assert.Equal(t, string(items[i]), string(item))
			s, err := wire.Decode[wire.Snapshot](item)
			require.NoError(t, err)
			assert.Equal(t, uint64(40+i), s.Spool.Seq, "oldest first")
			assert.True(t, s.Late)
		}
	}
}

// TestBatchIsBounded: it takes what it may hold, says how many that are, and leaves the rest.
func TestBatchIsBounded(t *testing.T) {
	many := make([][]byte, 100)
	for i := range many {
		many[i] = fmt.Appendf(nil, `{"n":%d}`, i)
	}
	body, taken, err := wire.EncodeBatch(wire.Terminal{ID: "T1"}, many, wire.MaxMessage)
	require.NoError(t, err)
	assert.Equal(t, wire.MaxBatch, taken)
	b, err := wire.DecodeBatch(body)
	require.NoError(t, err)
	assert.Equal(t, `{"n":63}`, string(b.Items[63]))

	body, taken, err = wire.EncodeBatch(wire.Terminal{ID: "T1"}, many, 100)
	require.NoError(t, err)
	assert.LessOrEqual(t, len(body), 100)
	assert.Equal(t, 5, taken)

	large := fmt.Appendf(nil, `{"detail":"%s"}`, strings.Repeat("<", 100<<10))
	body, taken, err = wire.EncodeBatch(wire.Terminal{ID: "T1"}, [][]byte{large, large, large}, 1<<30)
	require.NoError(t, err)
	assert.Equal(t, 2, taken, "three are more than a message")
	assert.LessOrEqual(t, len(body), wire.MaxMessage)
	_, err = wire.DecodeBatch(body)
	require.NoError(t, err)

	for name, items := range map[string][][]byte{"no item": nil, "one that alone is too large": {bytes.Repeat([]byte(" "), 1), nil}} {
		body, taken, err = wire.EncodeBatch(wire.Terminal{ID: "T1"}, items, wire.MaxMessage)
		assert.Zero(t, taken, name)
		assert.Empty(t, body, name)
		assert.Equal(t, name != "no item", err != nil, name)
	}
	huge := fmt.Appendf(nil, `{"detail":"%s"}`, strings.Repeat("x", wire.MaxMessage))
	body, taken, err = wire.EncodeBatch(wire.Terminal{ID: "T1"}, [][]byte{huge}, 1<<30)
	require.NoError(t, err)
	assert.Zero(t, taken)
	assert.Empty(t, body)
	_, _, err = wire.EncodeBatch(wire.Terminal{ID: "T1"}, [][]byte{[]byte("{}"), []byte(`{"cut":`)}, wire.MaxMessage)
	assert.EqualError(t, err, "cannot make a batch: item 2 is no JSON object")
}

func TestDecodeBatchRefuses(t *testing.T) {
	for _, row := range []struct{ name, body, want string }{
		{"nothing", "", "it is empty"},
		{"no batch", `{"schema":1}`, "cannot read a batch of 0 messages: it holds 1 to 64"},
		{"too many", `{"schema":1,"batch":[` + strings.Repeat("{},", 64) + `{}]}`, "cannot read a batch of 65 messages"},
		{"an item that is none", `{"schema":1,"batch":[{},7]}`, "message 2 of it is no JSON object"},
		{"a newer schema", `{"schema":2,"batch":[{}]}`, "this reader knows 1 to 1"},
		{"another type", `{"schema":1,"batch":"none"}`, "cannot read a message"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := wire.DecodeBatch([]byte(row.body))
			assert.ErrorContains(t, err, row.want)
		})
	}
}

func FuzzDecodeBatch(f *testing.F) {
	f.Add(golden(f, "batch.json"))
	f.Add(golden(f, "v1/batch-01.packed"))
	f.Add([]byte(`{"schema":1,"batch":[{},null]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := wire.DecodeBatch(body)
		if err != nil {
			return
		}
		require.NotEmpty(t, b.Items)
		require.LessOrEqual(t, len(b.Items), wire.MaxBatch)
		items := make([][]byte, len(b.Items))
		for i, item := range b.Items {
			require.Equal(t, byte('{'), item[0])
			_, _ = wire.Decode[wire.Snapshot](item)
			items[i] = item
		}
		again, taken, err := wire.EncodeBatch(b.Terminal, items, 8<<10)
		require.NoError(t, err)
		require.LessOrEqual(t, len(again), 8<<10)
		require.LessOrEqual(t, taken, len(items))
	})
}
