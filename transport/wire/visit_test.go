package wire_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport/wire"
)

// TestVisitIsKeptWhole: nothing of a visit is lost or renamed between reading and writing.
func TestVisitIsKeptWhole(t *testing.T) {
	for _, name := range []string{"event-07", "event-08", "event-09"} {
		want, err := os.ReadFile("testdata/v1/" + name + ".json")
		require.NoError(t, err)
		got, err := again[wire.Event](want)
		require.NoError(t, err)
		assert.JSONEq(t, string(want), string(got), name)
	}
	want, err := os.ReadFile("testdata/v1/snapshot-09.json")
	require.NoError(t, err)
	got, err := again[wire.Snapshot](want)
	require.NoError(t, err)
	assert.JSONEq(t, string(want), string(got))
}

// TestCompare: what is gone, what is new and what still stands, by code and subject.
func TestCompare(t *testing.T) {
	stands := func(code, subject, severity string) wire.Standing {
		return wire.Standing{Ref: wire.Ref{Code: code, Subject: subject}, Severity: severity}
	}
	v := wire.VisitRecord{Before: wire.Look{Findings: []wire.Standing{stands("a", "", "info"), stands("b", "x", "blocking"), stands("c", "", "blocking")}}}
	gone, fresh, still := v.Compare()
	assert.Empty(t, append(append(gone, fresh...), still...), "without a look after it nothing is known")
	v.After = &wire.Look{Findings: []wire.Standing{stands("b", "y", "info"), stands("c", "", "degraded")}}
	gone, fresh, still = v.Compare()
	assert.Equal(t, []wire.Standing{stands("a", "", "info"), stands("b", "x", "blocking")}, gone)
	assert.Equal(t, []wire.Standing{stands("b", "y", "info")}, fresh)
	assert.Equal(t, []wire.Standing{stands("c", "", "degraded")}, still, "as it stands after")
}
