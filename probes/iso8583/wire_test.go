package iso8583_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// parsed is a frame as the little parser below reads it. It shares nothing with the package that it checks.
type parsed struct {
	envelope string // UnionPay: TPDU and header, in hex
	mti      string
	fields   map[int]string
}

// parseUnionPay knows the fields of an echo and no other.
func parseUnionPay(frame []byte) (parsed, error) {
	body, err := unframe(frame)
	if err != nil {
		return parsed{}, err
	}
	h := hex.EncodeToString(body)
	if len(h) < 22+4+16 {
		return parsed{}, fmt.Errorf("%d bytes are too few", len(body))
	}
	p := parsed{envelope: h[:22], mti: h[22:26], fields: map[int]string{}}
	present, rest := h[26:42], h[42:]
	for _, field := range bits(present) {
		size, text := 0, false
		switch field {
		case 11:
			size = 6
		case 41:
			size, text = 16, true
		case 42:
			size, text = 30, true
		case 60:
			if len(rest) < 4 || rest[:4] != "0011" {
				return parsed{}, fmt.Errorf("field 60 has no length of 11 digits: %s", rest)
			}
			rest, size = rest[4:], 12
		default:
			return parsed{}, fmt.Errorf("field %d in an echo", field)
		}
		if len(rest) < size {
			return parsed{}, fmt.Errorf("it ends in field %d", field)
		}
		value := rest[:size]
		rest = rest[size:]
		if text {
			raw, _ := hex.DecodeString(value)
			value = string(raw)
		}
		p.fields[field] = value
	}
	if rest != "" {
		return parsed{}, fmt.Errorf("left over: %s", rest)
	}
	return p, nil
}

// parseGeneric likewise.
func parseGeneric(frame []byte) (parsed, error) {
	body, err := unframe(frame)
	if err != nil {
		return parsed{}, err
	}
	if len(body) < 20 {
		return parsed{}, fmt.Errorf("%d bytes are too few", len(body))
	}
	p := parsed{mti: string(body[:4]), fields: map[int]string{}}
	rest := string(body[20:])
	for _, field := range bits(hex.EncodeToString(body[4:20])) {
		size := map[int]int{1: 0, 7: 10, 11: 6, 70: 3}
		n, known := size[field]
		if !known || len(rest) < n {
			return parsed{}, fmt.Errorf("field %d in an echo, or it ends there", field)
		}
		p.fields[field], rest = rest[:n], rest[n:]
	}
	if rest != "" {
		return parsed{}, fmt.Errorf("left over: %s", rest)
	}
	return p, nil
}

func unframe(frame []byte) ([]byte, error) {
	if len(frame) < 2 || int(binary.BigEndian.Uint16(frame)) != len(frame)-2 {
		return nil, fmt.Errorf("the length is not that of a frame of %d bytes", len(frame))
	}
	return frame[2:], nil
}

// bits lists the fields that a bitmap in hex names.
func bits(bitmap string) []int {
	var fields []int
	for i, c := range bitmap {
		nibble := strings.IndexRune("0123456789abcdef", c)
		for j := range 4 {
			if nibble>>(3-j)&1 == 1 {
				fields = append(fields, 4*i+j+1)
			}
		}
	}
	return fields
}
