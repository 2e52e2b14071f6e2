package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Stamp adds to the plain JSON of a message which record of a spool it is and, where it is late, that it tells of then. A
// spool gives the number when it takes the record, and whether it is late shows only when it is sent; so the message is not made
// anew, and the stamp is put before its last brace. The argument stays as it is.
//
// What is no JSON object, and one that has a stamp, is refused. A stamp adds at most 101 bytes; whether the message is then still
// small enough is the caller's to ask.
func Stamp(message []byte, at Spool, late bool) ([]byte, error) {
	message = bytes.TrimSpace(message)
	var stamped struct{ Spool, Late json.RawMessage } // found as Decode will find them
	if err := json.Unmarshal(message, &stamped); err != nil || message[0] != '{' {
		return nil, fmt.Errorf("cannot stamp record %d: its %d bytes are no JSON object", at.Seq, len(message))
	}
	if stamped.Spool != nil || stamped.Late != nil {
		return nil, fmt.Errorf("cannot stamp record %d: it has a stamp", at.Seq)
	}
	stamp, err := json.Marshal(struct {
		Spool Spool `json:"spool"`
		Late  bool  `json:"late,omitempty"`
	}{at, late})
	if err != nil {
		return nil, fmt.Errorf("cannot stamp record %d: %w", at.Seq, err)
	}
	open := message[:len(message)-1]
	out := make([]byte, 0, len(message)+len(stamp))
	out = append(out, open...)
	if len(bytes.TrimSpace(open[1:])) > 0 {
		out = append(out, ',')
	}
	return append(out, stamp[1:]...), nil
}
