package wire_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport/wire"
)

// TestGoldenMessages holds the JSON still: these files are what a reader of schema 1 was promised. A change of one that is
// not an added field is a new schema.
func TestGoldenMessages(t *testing.T) {
	for name, roundTrip := range map[string]func([]byte) ([]byte, error){
		"snapshot.json": again[wire.Snapshot],
		"event.json":    again[wire.Event],
		"state.json":    again[wire.State],
		"receipt.json":  again[wire.Receipt],
		"batch.json":    againBatch,
	} {
		t.Run(name, func(t *testing.T) {
			want, err := os.ReadFile(filepath.Join("testdata", name))
			require.NoError(t, err)
			got, err := roundTrip(want)
			require.NoError(t, err)
			assert.JSONEq(t, string(want), string(got), "nothing is lost or renamed between reading and writing")
		})
	}
}

func againBatch(body []byte) ([]byte, error) {
	b, err := wire.DecodeBatch(body)
	if err != nil {
		return nil, err
	}
	for i, item := range b.Items {
		if b.Items[i], err = again[wire.Snapshot](item); err != nil {
			return nil, err
		}
	}
	return wire.Encode(b)
}

func again[T wire.Snapshot | wire.Event | wire.State | wire.Receipt](body []byte) ([]byte, error) {
	m, err := wire.Decode[T](body)
	if err != nil {
		return nil, err
	}
	return wire.Encode(m)
}

// TestSchemas: the documented schemas hold for the golden messages, and are strict enough to notice a missing field.
func TestSchemas(t *testing.T) {
	for _, name := range []string{"snapshot", "event", "state", "receipt", "batch"} {
		t.Run(name, func(t *testing.T) {
			schema := schemaOf(t, name)
			body, err := os.ReadFile(filepath.Join("testdata", name+".json"))
			require.NoError(t, err)
			var message map[string]any
			require.NoError(t, json.Unmarshal(body, &message))
			require.NoError(t, schema.Validate(message))
			for field := range message {
				lacking := map[string]any{}
				for k, v := range message {
					if k != field {
						lacking[k] = v
					}
				}
				if optional[name+"."+field] {
					assert.NoError(t, schema.Validate(lacking), "%s may be left out", field)
				} else {
					assert.Error(t, schema.Validate(lacking), "%s may not be left out", field)
				}
			}
		})
	}
}

var optional = map[string]bool{
	"snapshot.report": true, "snapshot.cost": true, "snapshot.access": true, "snapshot.partial": true, "snapshot.spool": true, "snapshot.late": true,
	"event.spool": true, "event.late": true, "state.agent": true, "state.boot_id": true, "state.at": true,
}

const published = "https://poshealth.example/schema/1/"

func schemaOf(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	files, err := filepath.Glob("../../docs/reference/schema/*.schema.json")
	require.NoError(t, err)
	for _, file := range files { // they name each other by where they are published, and nothing is fetched from there
		body, err := os.ReadFile(file)
		require.NoError(t, err)
		schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
		require.NoError(t, err)
		require.NoError(t, c.AddResource(published+filepath.Base(file), schema))
	}
	s, err := c.Compile(published + name + ".schema.json")
	require.NoError(t, err)
	return s
}

func TestDecodeRefuses(t *testing.T) {
	for _, row := range []struct{ name, body, want string }{
		{"nothing", "", "it is empty"},
		{"no JSON", "\x00\x01", "neither a JSON object nor packed, it begins with 0x00"},
		{"no schema", "{}", "cannot read a message of schema 0: this reader knows 1 to 1"},
		{"a newer schema", `{"schema":2}`, "cannot read a message of schema 2: this reader knows 1 to 1"},
		{"another type", `{"schema":1,"findings":"none"}`, "cannot read a message"},
		{"too long", `{"schema":1,"x":"` + strings.Repeat("x", wire.MaxMessage) + `"}`, "more than 262144"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := wire.Decode[wire.Snapshot]([]byte(row.body))
			assert.ErrorContains(t, err, row.want)
		})
	}
	s, err := wire.Decode[wire.Snapshot]([]byte(`{"schema":1,"terminal":{"id":"T1"},"of_tomorrow":[1,2]}`))
	require.NoError(t, err, "a field of a newer agent is let be")
	assert.Equal(t, "T1", s.Terminal.ID)
}

func FuzzDecode(f *testing.F) {
	for _, name := range []string{"snapshot", "event", "state", "receipt"} {
		body := golden(f, name+".json")
		f.Add(body)
		f.Add(wire.Pack(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := wire.Decode[wire.Snapshot](body)
		if err != nil {
			return
		}
		out, err := wire.Encode(s)
		require.NoError(t, err, "what was read can be written")
		_, err = wire.Decode[wire.Snapshot](out)
		if len(out) <= wire.MaxMessage {
			require.NoError(t, err, "and read again")
		}
		_, _ = wire.Decode[wire.Event](body)
		_, _ = wire.Decode[wire.State](body)
		_, _ = wire.Decode[wire.Receipt](body)
	})
}
