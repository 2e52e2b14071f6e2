package wire

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
)

// What the first byte of a message says: a brace begins plain JSON; otherwise its upper half says raw deflate (RFC 1951), and
// its lower half with which preset dictionary. No JSON object begins with it, and no UTF-8 text does.
const (
	packed         = 0xA0
	dictionaryBits = 0x0F
)

// level is deflate's best. All levels from 2 on take the same memory, level 1 takes more and knows no dictionary; a message takes 2
// to 6 ms under an emulated ARM.
const level = flate.BestCompression

// Pack makes the plain JSON of a message short for the network. It never makes it longer: where deflate does not pay, and for
// what is no JSON object of at most MaxMessage bytes, the answer is the argument itself.
//
// The compressor takes 814 kB while it works, and is let go at once: kept for the next message it would add two fifths to the
// agent's live heap, for a message in a quarter of an hour.
func Pack(json []byte) []byte {
	if len(json) == 0 || json[0] != '{' || len(json) > MaxMessage {
		return json
	}
	var out bytes.Buffer
	out.Grow(len(json) / 2)
	out.WriteByte(packed | newest)
	w, err := flate.NewWriterDict(&out, level, dictionary(newest))
	if err != nil {
		return json // deflate has this level
	}
	if _, err := w.Write(json); err != nil {
		return json // a buffer takes all
	}
	if err := w.Close(); err != nil || out.Len() >= len(json) {
		return json
	}
	return out.Bytes()
}

// Unpack gives back the plain JSON of a message as it came, packed or not. A plain one is the argument itself, less white space
// before it. It refuses what
// unpacks to more than MaxMessage, as soon as it does, and a dictionary that this reader does not have; it does not look at the JSON
// beyond its first byte.
func Unpack(body []byte) ([]byte, error) {
	if len(body) > MaxMessage {
		return nil, fmt.Errorf("cannot read a message of %d bytes: more than %d", len(body), MaxMessage)
	}
	body = bytes.TrimLeft(body, " \t\r\n") // JSON may begin with it
	if len(body) == 0 {
		return nil, errors.New("cannot read a message: it is empty")
	}
	if body[0] == '{' {
		return body, nil
	}
	id := int(body[0] & dictionaryBits)
	if body[0]&^dictionaryBits != packed || id == 0 {
		return nil, fmt.Errorf("cannot read a message of %d bytes: neither a JSON object nor packed, it begins with 0x%02x", len(body), body[0])
	}
	dict := dictionary(id)
	if dict == nil {
		return nil, fmt.Errorf("cannot unpack a message: it needs dictionary %d, and this reader knows 1 to %d; update it", id, newest)
	}
	json, err := inflate(body[1:], dict)
	if err != nil {
		return nil, fmt.Errorf("cannot unpack a message of %d bytes: %w", len(body), err)
	}
	return json, nil
}

// inflate undoes deflate, whole and bounded.
func inflate(body, dict []byte) ([]byte, error) {
	from := bytes.NewReader(body) // gives single bytes, so that deflate takes none beyond its own end
	var out bytes.Buffer
	_, err := io.Copy(&out, io.LimitReader(flate.NewReaderDict(from, dict), MaxMessage+1))
	switch {
	case err != nil && errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errors.New("its end is missing")
	case err != nil:
		return nil, fmt.Errorf("it is damaged: %w", err)
	case out.Len() > MaxMessage:
		return nil, fmt.Errorf("it holds more than %d bytes", MaxMessage)
	case from.Len() > 0:
		return nil, fmt.Errorf("%d bytes follow its end", from.Len())
	case out.Len() == 0 || out.Bytes()[0] != '{':
		return nil, errors.New("it holds no JSON object")
	}
	return out.Bytes(), nil
}
