package path

import (
	"bytes"
	"strconv"
	"strings"
)

// maxColumns of a table are read: TcpExt, the widest, has 140 in Linux 6.
const maxColumns = 512

// columns finds the counters of one table in /proc/net/snmp or /proc/net/netstat: a line of names and a line of values, both
// beginning with the table's name. Which there are differs by kernel. What is no number that a counter can be (some tables
// have -1) is left out; nil: there is no such table.
func columns(text []byte, table string) map[string]uint64 {
	prefix := []byte(table + ":")
	var names []string
	for line := range bytes.Lines(text) {
		rest, ok := bytes.CutPrefix(line, prefix)
		if !ok {
			names = nil // values stand right below their names
			continue
		}
		fields := strings.Fields(string(rest))
		if names == nil {
			names = fields[:min(len(fields), maxColumns)]
			continue
		}
		found := make(map[string]uint64, len(names))
		for i, name := range names[:min(len(names), len(fields))] {
			if n, err := strconv.ParseUint(fields[i], 10, 64); err == nil {
				found[name] = n
			}
		}
		return found
	}
	return nil
}
