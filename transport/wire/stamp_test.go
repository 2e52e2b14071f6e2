package wire_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport/wire"
)

func TestStamp(t *testing.T) {
	at := wire.Spool{ID: "5f0c9a1be2d34780", Seq: 17}
	for _, row := range []struct {
		name, message, want string
		at                  wire.Spool
		late                bool
	}{
		{"a message in its time", `{"schema":1}`, `{"schema":1,"spool":{"id":"5f0c9a1be2d34780","seq":17}}`, at, false},
		{"a late one", `{"schema":1}`, `{"schema":1,"spool":{"id":"5f0c9a1be2d34780","seq":17},"late":true}`, wire.Spool{ID: at.ID, Seq: 17}, true},
		{"braces in a text", `{"detail":"}\"}{"}`, `{"detail":"}\"}{","spool":{"id":"5f0c9a1be2d34780","seq":17}}`, at, false},
		{"a ledger names spools, and is no stamp", `{"report":{"ledger":[{"spool":"x","late":1}]}}`, `{"report":{"ledger":[{"spool":"x","late":1}]},"spool":{"id":"5f0c9a1be2d34780","seq":17}}`, at, false},
		{"nothing in it", "{ }\n", `{ "spool":{"id":"5f0c9a1be2d34780","seq":17}}`, at, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			message := []byte(row.message)
			got, err := wire.Stamp(message, row.at, row.late)
			require.NoError(t, err)
			assert.Equal(t, row.want, string(got))
			assert.Equal(t, row.message, string(message), "the message itself stays as it is")
		})
	}
	for _, row := range []struct{ name, message, want string }{
		{"nothing", "", "its 0 bytes are no JSON object"},
		{"a list", "[1]", "its 3 bytes are no JSON object"},
		{"null", "null", "its 4 bytes are no JSON object"},
		{"cut", `{"schema":1`, "its 11 bytes are no JSON object"},
		{"two", `{}{}`, "its 4 bytes are no JSON object"},
		{"packed", "\xa1\x01", "its 2 bytes are no JSON object"},
		{"stamped", `{"spool":{"id":"x","seq":1}}`, "it has a stamp"},
		{"stamped, in other letters", `{"\u0073pool":null,"sch":1}`, "it has a stamp"},
		{"late", `{"late":true}`, "it has a stamp"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := wire.Stamp([]byte(row.message), at, true)
			assert.ErrorContains(t, err, "cannot stamp record 17: "+row.want)
		})
	}
}

// TestStampIsTheField: what Stamp adds and what the types hold is one thing, and the largest fits what its comment says.
func TestStampIsTheField(t *testing.T) {
	at := wire.Spool{ID: "5f0c9a1be2d34780", Seq: math.MaxUint64}
	event, err := wire.Decode[wire.Event](golden(t, "v1/event-03.json"))
	require.NoError(t, err)
	plain, err := wire.Encode(event)
	require.NoError(t, err)
	stamped, err := wire.Stamp(plain, at, true)
	require.NoError(t, err)
	event.Spool, event.Late = &at, true
	want, err := wire.Encode(event)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(stamped))
	assert.LessOrEqual(t, len(stamped)-len(plain), 101)
	_, err = wire.Stamp(stamped, at, true)
	assert.Error(t, err, "once")
}

func FuzzStamp(f *testing.F) {
	for _, name := range []string{"v1/event-03.json", "v1/snapshot-07.json", "event.json", "state.json"} {
		f.Add(golden(f, name))
	}
	f.Add([]byte("{}"))
	f.Add([]byte(`{"Spool":1}`))
	f.Fuzz(func(t *testing.T, message []byte) {
		at := wire.Spool{ID: "5f0c9a1be2d34780", Seq: 3}
		got, err := wire.Stamp(message, at, true)
		if err != nil {
			return
		}
		var before, after map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(message, &before))
		require.NoError(t, json.Unmarshal(got, &after))
		require.Len(t, after, len(before)+2)
		for key, value := range before {
			require.Equal(t, string(value), string(after[key]), "nothing else is touched")
		}
		require.Equal(t, "true", string(after["late"]))
		require.True(t, strings.HasPrefix(string(after["spool"]), `{"id":"5f0c9a1be2d34780"`))
	})
}
