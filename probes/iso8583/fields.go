package iso8583

// layout is how a field lies in a message.
type layout struct {
	prefix int  // digits of the length before it: 0 (none, the size is fixed), 2 or 3
	size   int  // digits, letters or bytes of a field without a prefix
	packed bool // digits, two to a byte
}

// bytes is how many bytes n digits, letters or bytes take.
func (l layout) bytes(n int) int {
	if l.packed {
		return (n + 1) / 2
	}
	return n
}

// layoutOf is the layout of a field, and whether it is known. A field that isn't cannot be stepped over, so it ends the
// reading.
func (d Dialect) layoutOf(field int) (layout, bool) {
	if d == UnionPay {
		return unionpayLayout(field)
	}
	return genericLayout(field)
}

// genericLayout is ISO 8583:1987, all but the binary fields in ASCII. Field 65 and what lies behind 105 differ from host to
// host.
func genericLayout(field int) (layout, bool) {
	fixed := func(size int) (layout, bool) { return layout{size: size}, true }
	switch field {
	case 27, 66, 91:
		return fixed(1)
	case 25, 26, 39, 67, 92:
		return fixed(2)
	case 19, 20, 21, 22, 23, 24, 40, 49, 50, 51, 68, 69, 70:
		return fixed(3)
	case 13, 14, 15, 16, 17, 18, 71, 72:
		return fixed(4)
	case 93:
		return fixed(5)
	case 3, 11, 12, 38, 73:
		return fixed(6)
	case 94:
		return fixed(7)
	case 8, 9, 10, 41, 52, 64, 96, 128: // 52, 64, 96 and 128 are 8 bytes that are no text
		return fixed(8)
	case 28, 29, 30, 31:
		return fixed(9)
	case 7, 74, 75, 76, 77, 78, 79, 80, 81:
		return fixed(10)
	case 4, 5, 6, 37, 82, 83, 84, 85:
		return fixed(12)
	case 42:
		return fixed(15)
	case 53, 86, 87, 88, 89:
		return fixed(16)
	case 97:
		return fixed(17)
	case 98:
		return fixed(25)
	case 43:
		return fixed(40)
	case 90, 95:
		return fixed(42)
	case 2, 32, 33, 34, 35, 44, 45, 99, 100, 101, 102, 103:
		return layout{prefix: 2}, true
	case 36, 46, 47, 48, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 104, 105:
		return layout{prefix: 3}, true
	}
	return layout{}, false
}

// unionpayLayout is what public programs for UnionPay's terminals agree on: digits packed, the digits of lengths too, and a
// variable number of them filled up with a 0 behind.
func unionpayLayout(field int) (layout, bool) {
	switch field {
	case 25, 26:
		return layout{size: 2, packed: true}, true
	case 22, 23:
		return layout{size: 3, packed: true}, true
	case 13, 14, 15:
		return layout{size: 4, packed: true}, true
	case 3, 11, 12:
		return layout{size: 6, packed: true}, true
	case 4:
		return layout{size: 12, packed: true}, true
	case 53:
		return layout{size: 16, packed: true}, true
	case 39:
		return layout{size: 2}, true
	case 49:
		return layout{size: 3}, true
	case 38:
		return layout{size: 6}, true
	case 41, 52, 64:
		return layout{size: 8}, true
	case 37:
		return layout{size: 12}, true
	case 42:
		return layout{size: 15}, true
	case 2, 32, 35:
		return layout{prefix: 2, packed: true}, true
	case 44:
		return layout{prefix: 2}, true
	case 36, 48, 60, 61:
		return layout{prefix: 3, packed: true}, true
	case 54, 55, 58, 62, 63:
		return layout{prefix: 3}, true
	}
	return layout{}, false
}
