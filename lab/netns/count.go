package netns

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Kind is packets that are counted together, by a match of nft on each way: "ip saddr 192.0.2.1".
type Kind struct{ Name, In, Out string }

// Count counts the bytes of IP that come into the namespace and leave it, by the first kind that matches; what matches none is
// "other". Loopback is not counted.
func (n *Namespace) Count(ctx context.Context, kinds []Kind) (read func(context.Context) (map[string]int64, error), err error) {
	table := fmt.Sprintf("t%d", count.Add(1))
	var counters, in, out strings.Builder
	for _, k := range append(slices.Clone(kinds), Kind{Name: "other"}) {
		fmt.Fprintf(&counters, "counter k_%s { }\n", k.Name)
		fmt.Fprintf(&in, "%s counter name k_%s accept\n", k.In, k.Name)
		fmt.Fprintf(&out, "%s counter name k_%s accept\n", k.Out, k.Name)
	}
	script := fmt.Sprintf("table inet %s {\n%s chain i { type filter hook input priority 0; iif lo accept\n%s}\n chain o { type filter hook output priority 0; oif lo accept\n%s}\n}",
		table, &counters, &in, &out)
	if err := n.nft(ctx, script); err != nil {
		return nil, err
	}
	return func(ctx context.Context) (map[string]int64, error) {
		text, err := n.Command(ctx, "nft", "-j", "list", "counters", "table", "inet", table).Output()
		if err != nil {
			return nil, fmt.Errorf("nft does not tell its counters: %w", err)
		}
		var told struct {
			Nftables []struct {
				Counter *struct {
					Name  string `json:"name"`
					Bytes int64  `json:"bytes"`
				} `json:"counter"`
			} `json:"nftables"`
		}
		if err := json.Unmarshal(text, &told); err != nil {
			return nil, err
		}
		bytes := make(map[string]int64, len(kinds)+1)
		for _, t := range told.Nftables {
			if t.Counter != nil {
				bytes[strings.TrimPrefix(t.Counter.Name, "k_")] = t.Counter.Bytes
			}
		}
		return bytes, nil
	}, nil
}
