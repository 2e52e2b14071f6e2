package wire_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport/wire"
)

// TestDownlinkMessages holds what a terminal answers as TestGoldenMessages and TestSchemas hold what it tells.
func TestDownlinkMessages(t *testing.T) {
	left := map[string][]string{"ack": {"key", "nonce", "again", "more"}}
	for name, again := range map[string]func([]byte) (any, error){
		"ack":      func(b []byte) (any, error) { return wire.ReadAck(b) },
		"reported": func(b []byte) (any, error) { return wire.ReadReported(b) },
		"get": func(b []byte) (any, error) {
			var g wire.Get
			err := json.Unmarshal(b, &g)
			return g, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			body, err := os.ReadFile(filepath.Join("testdata", name+".json"))
			require.NoError(t, err)
			m, err := again(body)
			require.NoError(t, err)
			out, err := wire.Encode(m)
			require.NoError(t, err)
			assert.JSONEq(t, string(body), string(out), "nothing is lost or renamed")
			schema := schemaOf(t, name)
			var message map[string]any
			require.NoError(t, json.Unmarshal(body, &message))
			require.NoError(t, schema.Validate(message))
			for field, value := range maps.Clone(message) {
				delete(message, field)
				if err := schema.Validate(message); slices.Contains(left[name], field) {
					require.NoError(t, err, field)
				} else {
					require.Error(t, err, field)
				}
				message[field] = value
			}
		})
	}
}

func TestReadAckRefuses(t *testing.T) {
	for _, row := range []struct{ name, body, want string }{
		{"nothing", "", "cannot read a message of 0 bytes"},
		{"no schema", "{}", "schema 0"},
		{"a newer schema", `{"schema":2}`, "schema 2"},
		{"another type", `{"schema":1,"seq":"x"}`, "cannot read a message"},
		{"too long", strings.Repeat(" ", wire.MaxMessage+1), "more than 262144"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := wire.ReadAck([]byte(row.body))
			require.ErrorContains(t, err, row.want)
			_, err = wire.ReadReported([]byte(strings.Replace(row.body, "seq", "version", 1)))
			require.ErrorContains(t, err, row.want)
		})
	}
	a, err := wire.ReadAck([]byte(`{"schema":1,"id":"a","state":"running","of_tomorrow":1}`))
	require.NoError(t, err)
	assert.False(t, a.Final())
}

func FuzzReadAck(f *testing.F) {
	body, err := os.ReadFile(filepath.Join("testdata", "ack.json"))
	require.NoError(f, err)
	f.Add(body)
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := wire.ReadAck(body)
		if err != nil {
			return
		}
		out, err := wire.Encode(a)
		require.NoError(t, err)
		again, err := wire.ReadAck(out)
		require.NoError(t, err)
		require.Equal(t, a, again)
	})
}
