package visit_test

import (
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/agent/visit"
	"github.com/poshealth/poshealth/transport/wire"
)

// record is a visit that has ended; n tells it from others.
func record(n int) wire.VisitRecord {
	look := wire.Look{Findings: []wire.Standing{{Ref: wire.Ref{Code: "link-down"}, Severity: "blocking"}}, Readings: []wire.Reading{}, Agent: "1.0.0"}
	return wire.VisitRecord{ID: fmt.Sprintf("%016x", n), State: wire.VisitDone, By: "4711", Before: look, After: &look, Did: []string{"cable " + strconv.Itoa(n)}}
}

// fullest is a visit at all its bounds, with signs that JSON writes in six.
func fullest(n int) wire.VisitRecord {
	v := record(n)
	v.By = strings.Repeat("<", 32)
	line := strings.Repeat("<", 200)
	v.Did = []string{line, line, line, line, line}
	for range 20 {
		v.Confirmed = append(v.Confirmed, wire.Closed{At: "2026-11-28T10:12:00.000+08:00", Ref: "ABCDEF123456", Result: "refunded", Reason: line[:100]})
	}
	many := v.Before
	many.Findings = nil
	for i := range 24 {
		many.Findings = append(many.Findings, wire.Standing{Ref: wire.Ref{Code: "host-certificate-not-trusted", Subject: fmt.Sprintf("acquirer-with-a-long-name-%d", i)}, Severity: "degraded"})
	}
	v.Before, v.After = many, &many
	return v
}

// TestBounds: twenty visits, and no more bytes than are said; the oldest go.
func TestBounds(t *testing.T) {
	var all []wire.VisitRecord
	for n := range 25 {
		all = append(all, record(n))
	}
	file, kept, err := visit.Encode(all)
	require.NoError(t, err)
	assert.Equal(t, visit.MostVisits, kept)
	got, err := visit.Decode([]byte(file + "\n"))
	require.NoError(t, err)
	assert.Equal(t, all[5:], got)

	for n := range all {
		all[n] = fullest(n)
	}
	file, kept, err = visit.Encode(all)
	require.NoError(t, err)
	assert.Less(t, len(file), visit.MostBytes)
	assert.GreaterOrEqual(t, kept, 2, "the fullest of all take the file's bound at two")
	got, err = visit.Decode([]byte(file + "\n"))
	require.NoError(t, err)
	assert.Equal(t, all[len(all)-kept:], got)
}

// TestEveryCut: a file that was cut at any byte, or has another byte anywhere, is damaged as a whole, and never half a visit.
func TestEveryCut(t *testing.T) {
	file, _, err := visit.Encode([]wire.VisitRecord{record(1), record(2)})
	require.NoError(t, err)
	for cut := range len(file) {
		_, err := visit.Decode([]byte(file[:cut]))
		require.Error(t, err, cut)
	}
	whole, err := visit.Decode([]byte(file))
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(3, 5)) //nolint:gosec // chance that can be repeated
	for at := range len(file) {
		broken := []byte(file)
		broken[at] ^= byte(1 + r.IntN(255))
		if got, err := visit.Decode(broken); err == nil {
			assert.Equal(t, whole, got, "byte %d", at) // only white space and the names of fields in another case
		}
	}
}

// TestDamagedIsPutAside: what cannot be read is kept beside, said, and never shown.
func TestDamagedIsPutAside(t *testing.T) {
	planted, _, err := visit.Encode([]wire.VisitRecord{record(1)})
	require.NoError(t, err)
	planted = strings.Replace(planted, "cable 1", "paid by "+card, 1)
	visits := planted[strings.Index(planted, "[") : len(planted)-1]
	planted = fmt.Sprintf(`{"version":1,"sum":%d,"visits":%s}`, crc32.ChecksumIEEE([]byte(visits)), visits)
	for name, content := range map[string]string{
		"cut": planted[:40], "nothing": "", "another version": `{"version":2,"sum":0,"visits":[]}`, "too long": strings.Repeat(" ", visit.MostBytes) + "{}",
		"a number that JSON repeats": `{"version":1,"sum":` + card + `,"visits":[]}`, "with a card's number, and the right sum": planted,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, visit.FileName)
			require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
			desk := visit.Open(visit.Options{File: file, Board: status.NewBoard()})
			all, fault := desk.All()
			assert.Empty(t, all)
			assert.Contains(t, fault, "are damaged, and put aside as visits.json.damaged")
			assert.NotContains(t, fault, card)
			kept, err := os.ReadFile(file + visit.Aside)
			require.NoError(t, err)
			assert.Equal(t, content, string(kept))
			assert.NoFileExists(t, file)
		})
	}
}

// FuzzDecode: whatever lies in the state folder is read or refused, within bounds, and what was read can be written and read again.
func FuzzDecode(f *testing.F) {
	file, _, err := visit.Encode([]wire.VisitRecord{record(1), fullest(2)})
	require.NoError(f, err)
	f.Add([]byte(file))
	f.Add([]byte(`{"version":1,"sum":223132457,"visits":[]}`))
	f.Add([]byte(`{"version":1,"sum":0,"visits":null}`))
	f.Add([]byte("{"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, raw := range [][]byte{raw, fmt.Appendf(nil, `{"version":1,"sum":%d,"visits":%s}`, crc32.ChecksumIEEE(raw), raw)} {
			again, err := visit.Reencode(raw)
			if err != nil {
				assert.NotContains(t, err.Error(), card)
				continue
			}
			if len(again) < visit.MostBytes {
				_, err = visit.Decode([]byte(again))
				require.NoError(t, err)
			}
		}
	})
}
