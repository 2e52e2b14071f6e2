//go:build linux

package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport"
)

// A body is known to be another's: of another start, class or number, cut, or with one bit turned.
func TestBodyTellsWhoseItIs(t *testing.T) {
	m := transport.Message{Spool: "a", Class: transport.Change, Seq: 7, Body: body(3, transport.Change, 7)}
	run, err := whose(m)
	require.NoError(t, err)
	assert.Equal(t, 3, run)
	assert.InDelta(t, 420, len(m.Body), spread/2)

	for name, body := range map[string][]byte{
		"another number": body(3, transport.Change, 8),
		"another class":  body(3, transport.History, 7),
		"cut":            m.Body[:len(m.Body)-1],
		"longer":         append(bytes.Clone(m.Body), 0),
		"turned":         append(bytes.Clone(m.Body[:len(m.Body)-1]), m.Body[len(m.Body)-1]^1),
		"empty":          nil,
		"zeros":          make([]byte, 420),
	} {
		t.Run(name, func(t *testing.T) {
			m.Body = body
			_, err := whose(m)
			require.Error(t, err)
		})
	}
}

// What one start left the next one finds, without taking it.
func TestLookLeavesAll(t *testing.T) {
	folder := t.TempDir()
	left, err := look(folder)
	require.NoError(t, err)
	require.Empty(t, left)

	r, err := openSpool(folder, 1)
	require.NoError(t, err)
	require.NoError(t, r.add(transport.Change, mostGroup))
	require.NoError(t, r.add(transport.History, 2))
	require.NoError(t, r.deliver(4))
	require.NoError(t, r.spool.Close())

	for range 2 {
		left, err = look(folder)
		require.NoError(t, err)
		require.Len(t, left, 2)
		assert.Equal(t, mostGroup-4, left[0].Pending)
		assert.Equal(t, 2, left[1].Pending)
	}
}

// However many starts leave something, the spool is relieved before it would give anything up.
func TestRelieve(t *testing.T) {
	folder := t.TempDir()
	for run := range 20 {
		r, err := openSpool(folder, run+1)
		require.NoError(t, err)
		require.NoError(t, r.relieve())
		require.NoError(t, r.add(transport.Change, 1))
		require.NoError(t, r.add(transport.History, 1))
		require.NoError(t, r.spool.Close())
	}
	left, err := look(folder)
	require.NoError(t, err)
	require.NotEmpty(t, left)
	for _, a := range left {
		assert.Empty(t, a.Lost)
	}
}
