//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An archive read back as the kernel reads it: each part at a multiple of four, folders before what lies in them.
func TestArchive(t *testing.T) {
	var a archive
	a.add("system/bin/agent", entry{mode: plainMode | 0o755, content: []byte("12345")})
	a.add("init", entry{mode: plainMode | 0o755, content: []byte("1234")})
	a.link("system/bin/getprop", "toolbox")

	var got []string
	for rest := a.bytes(); ; {
		require.True(t, bytes.HasPrefix(rest, []byte("070701")))
		field := func(i int) int {
			n, err := strconv.ParseUint(string(rest[6+8*i:14+8*i]), 16, 32)
			require.NoError(t, err)
			return int(n)
		}
		mode, size, name := field(1), field(6), field(11)
		body := (110 + name + 3) / 4 * 4
		title := string(rest[110 : 110+name-1])
		if title == "TRAILER!!!" {
			assert.Len(t, rest, body)
			break
		}
		got = append(got, fmt.Sprintf("%06o %s %q", mode, title, rest[body:body+size]))
		rest = rest[body+(size+3)/4*4:]
	}
	assert.Equal(t, []string{
		`100755 init "1234"`,
		`040755 system ""`,
		`040755 system/bin ""`,
		`100755 system/bin/agent "12345"`,
		`120777 system/bin/getprop "toolbox"`,
	}, got)
}

func TestModulesInOrder(t *testing.T) {
	kernel := map[string][]string{"net": {"failover"}, "failover": {"core"}, "disk": nil, "fs": {"crc", "journal"}, "journal": {"crc"}, "crc": nil, "core": nil, "odd": {"gone"}}
	needs := func(name string) ([]string, error) {
		if first, there := kernel[name]; there {
			return first, nil
		}
		return nil, errors.New("no module " + name)
	}
	got, err := inOrder([]string{"disk", "net", "fs", "disk"}, needs)
	require.NoError(t, err)
	assert.Equal(t, []string{"disk", "core", "failover", "net", "crc", "journal", "fs"}, got)

	_, err = inOrder([]string{"odd"}, needs)
	assert.EqualError(t, err, "odd needs it: no module gone")
}
