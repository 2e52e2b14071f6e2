package wire_test

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport/wire"
)

var update = flag.Bool("update", false, "take messages that are new in testdata/v1 into its list; those in it stay as they are")

// TestMessagesOfThePast: what agents have sent under schema 1, as files that never change, is read for ever, packed and plain.
// They lie in spools and stores. A message of a new shape is a new file, which -update packs and puts into the list.
func TestMessagesOfThePast(t *testing.T) {
	sums := publishedSums(t)
	if *update {
		publish(t, sums)
		sums = publishedSums(t)
	}
	files, err := filepath.Glob("testdata/v1/*-*")
	require.NoError(t, err)
	require.Greater(t, len(files), 30)
	assert.Len(t, sums, len(files), "a file of the list is missing")
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			body, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Contains(t, sums, name, "a new message: run this test with -update")
			require.Equal(t, sums[name], sumOf(body), "a published message was changed: take it back, and add the new one as another file")
			require.NoError(t, read(name, body))
			if plain, packed := strings.CutSuffix(file, ".packed"); packed {
				want, err := os.ReadFile(plain + ".json")
				require.NoError(t, err)
				got, err := wire.Unpack(body)
				require.NoError(t, err)
				assert.Equal(t, string(want), string(got), "byte for byte")
			}
		})
	}
}

// read decodes a message by the name of its file.
func read(name string, body []byte) error {
	var err error
	switch kind, _, _ := strings.Cut(name, "-"); kind {
	case "snapshot":
		var s wire.Snapshot
		if s, err = wire.Decode[wire.Snapshot](body); err == nil && (s.Terminal.ID == "" || s.Verdict.TakeCard.Level == "" || s.Session.BootID == "") {
			err = fmt.Errorf("it lost what matters: %+v", s)
		}
	case "event":
		var e wire.Event
		if e, err = wire.Decode[wire.Event](body); err == nil && (e.Terminal.ID == "" || len(e.Changes) == 0 || e.Session.Seq == 0) {
			err = fmt.Errorf("it lost what matters: %+v", e)
		}
	case "state":
		var s wire.State
		if s, err = wire.Decode[wire.State](body); err == nil && (s.Terminal == "" || s.Epoch == 0) {
			err = fmt.Errorf("it lost what matters: %+v", s)
		}
	case "receipt":
		var r wire.Receipt
		if r, err = wire.Decode[wire.Receipt](body); err == nil && (r.Spool == "" || r.Seq == 0) {
			err = fmt.Errorf("it lost what matters: %+v", r)
		}
	case "batch":
		var b wire.Batch
		if b, err = wire.DecodeBatch(body); err != nil {
			return err
		}
		for _, item := range b.Items {
			if err = read("snapshot-", item); err != nil {
				return err
			}
		}
	default:
		err = fmt.Errorf("no type is named %s", kind)
	}
	return err
}

func publishedSums(t *testing.T) map[string]string {
	t.Helper()
	list, err := os.ReadFile("testdata/v1/SHA256SUMS")
	require.NoError(t, err)
	sums := map[string]string{}
	for line := range strings.Lines(string(list)) {
		sum, name, ok := strings.Cut(strings.TrimSpace(line), "  ")
		require.True(t, ok, "a line of SHA256SUMS: %s", line)
		sums[name] = sum
	}
	return sums
}

func sumOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// publish packs the messages that are not in the list, and adds both forms to it.
func publish(t *testing.T, sums map[string]string) {
	t.Helper()
	list, err := os.OpenFile("testdata/v1/SHA256SUMS", os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	defer list.Close()
	files, err := filepath.Glob("testdata/v1/*.json")
	require.NoError(t, err)
	for _, file := range files {
		name := filepath.Base(file)
		if sums[name] != "" {
			continue
		}
		body, err := os.ReadFile(file)
		require.NoError(t, err)
		packed := wire.Pack(body)
		packedName := strings.TrimSuffix(name, ".json") + ".packed"
		require.NoError(t, os.WriteFile(filepath.Join("testdata/v1", packedName), packed, 0o600))
		_, err = fmt.Fprintf(list, "%s  %s\n%s  %s\n", sumOf(body), name, sumOf(packed), packedName)
		require.NoError(t, err)
	}
}
