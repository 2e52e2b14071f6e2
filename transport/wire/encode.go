package wire

import (
	"encoding/json"
	"fmt"
)

// MaxMessage bounds what Decode reads, in bytes of plain JSON: four times the largest message that the agent makes.
const MaxMessage = 256 << 10

// Encode makes the plain JSON of a message. It cannot fail for the types of this package, whose numbers are finite. [Pack]
// makes it short.
func Encode(message any) ([]byte, error) {
	body, err := json.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("cannot encode a %T: %w", message, err)
	}
	return body, nil
}

// Decode reads a message of type T, packed or plain: a Snapshot, an Event, a State, a Receipt. Fields that it does not know are
// those of a newer agent and are let be. A schema that a newer reader is needed for, a body over MaxMessage, or no JSON object is
// refused, and so is what [Unpack] refuses.
func Decode[T Snapshot | Event | State | Receipt](body []byte) (T, error) { return decode[T](body) }

func decode[T any](body []byte) (T, error) {
	var m T
	body, err := Unpack(body)
	if err != nil {
		return m, err
	}
	var head struct {
		Schema int `json:"schema"`
	}
	if err := json.Unmarshal(body, &head); err != nil {
		return m, fmt.Errorf("cannot read a message of %d bytes: %w", len(body), err)
	}
	if head.Schema < 1 || head.Schema > Schema {
		return m, fmt.Errorf("cannot read a message of schema %d: this reader knows 1 to %d", head.Schema, Schema)
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return m, fmt.Errorf("cannot read a message: %w", err)
	}
	return m, nil
}
