package wire

import (
	"encoding/json"
	"fmt"
)

// MaxBatch bounds the items of a batch: 64 pulses are 16 hours, and what a reader must do for one message.
const MaxBatch = 64

// Batch is several late messages of a spool in one: a publish and its acknowledgement cost 244 bytes on top of what they carry,
// and what neighbours have in common is packed once.
type Batch struct {
	Schema   int               `json:"schema"`
	Terminal Terminal          `json:"terminal"`
	Items    []json.RawMessage `json:"batch"` // stamped snapshots, oldest first, as plain JSON: Decode reads each
}

// EncodeBatch makes the plain JSON of a batch of as many of the items, from the first on, as it may hold in limit bytes, at most
// MaxMessage, and says how many these are. Items are plain JSON objects; one that is not is an error that names it. Where already the first
// is too large, none is taken.
func EncodeBatch(terminal Terminal, items [][]byte, limit int) (body []byte, taken int, err error) {
	whose := Terminal{ID: terminal.ID, Tenant: terminal.Tenant, Agent: terminal.Agent}
	body, err = Encode(Batch{Schema: Schema, Terminal: whose, Items: []json.RawMessage{}})
	if err != nil {
		return nil, 0, err
	}
	const end = "]}"
	limit = min(limit, MaxMessage)
	body = body[:len(body)-len(end)]
	for _, item := range items[:min(len(items), MaxBatch)] {
		if len(item) == 0 || item[0] != '{' || !json.Valid(item) {
			return nil, 0, fmt.Errorf("cannot make a batch: item %d is no JSON object", taken+1)
		}
		if len(body)+len(",")+len(item)+len(end) > limit {
			break
		}
		if taken > 0 {
			body = append(body, ',')
		}
		body = append(body, item...)
		taken++
	}
	if taken == 0 {
		return nil, 0, nil
	}
	return append(body, end...), taken, nil
}

// DecodeBatch reads a batch, packed or plain. Its items are JSON objects that Decode has yet to read: one of them that cannot be
// read is no reason to lose the others. A batch of none, or of more than MaxBatch, is refused.
func DecodeBatch(body []byte) (Batch, error) {
	b, err := decode[Batch](body)
	if err != nil {
		return Batch{}, err
	}
	if len(b.Items) == 0 || len(b.Items) > MaxBatch {
		return Batch{}, fmt.Errorf("cannot read a batch of %d messages: it holds 1 to %d", len(b.Items), MaxBatch)
	}
	for i, item := range b.Items {
		if item[0] != '{' {
			return Batch{}, fmt.Errorf("cannot read a batch: message %d of it is no JSON object", i+1)
		}
	}
	return b, nil
}
