package terminal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
)

// The first word of netd's answers.
const (
	answerFound  = "222\x00"
	answerFailed = "401\x00"
)

// What may come before a socket address: from Android 6 on a one, and the fields one by one; in 5 the size of struct
// addrinfo of a 32-bit or a 64-bit netd, and the struct as it lies in memory.
const (
	entryFields = 1
	entry32     = 32
	entry64     = 48
)

// Bounds of an answer. What is longer was not written by netd.
const (
	maxEntries  = 64   // addresses that are read; what comes behind them is left unread
	maxSockaddr = 128  // sizeof(struct sockaddr_storage)
	maxCanon    = 1025 // NI_MAXHOST: 1025 bytes with the zero
)

// Address families of Linux.
const (
	familyINET  = 2
	familyINET6 = 10
)

// readAnswer reads what netd says to getaddrinfo: addresses without doubles, which may be none, an EAI, or what is wrong
// with the answer. It reads no further than the answer goes: netd keeps the connection open.
func readAnswer(r *bufio.Reader) ([]netip.Addr, error) {
	code, err := take(r, len(answerFound))
	if err != nil {
		return nil, err
	}
	switch string(code) {
	case answerFound:
	case answerFailed:
		return nil, readFailure(r)
	default: // "500 0 Invalid number of arguments"
		rest, _ := r.Peek(min(r.Buffered(), 80))
		return nil, fmt.Errorf("netd answers %q", Printable(string(code)+string(rest), 80))
	}
	var addrs []netip.Addr
	for range maxEntries {
		kind, err := number(r)
		switch {
		case err != nil:
			return nil, err
		case kind == 0:
			return addrs, nil
		case kind == entryFields:
			_, err = take(r, 4*4) // flags, family, type and protocol: of no use beside the address
		case kind == entry32, kind == entry64:
			_, err = take(r, int(kind))
		default:
			err = fmt.Errorf("an entry begins with %d, want 1, 32 or 48", kind)
		}
		if err != nil {
			return nil, err
		}
		addr, err := sockaddr(r)
		if err != nil {
			return nil, err
		}
		if _, err := counted(r, maxCanon); err != nil { // the canonical name, which nobody asked for
			return nil, err
		}
		if addr.IsValid() && !slices.Contains(addrs, addr) {
			addrs = append(addrs, addr)
		}
	}
	return addrs, nil
}

func readFailure(r *bufio.Reader) error {
	code, err := counted(r, 4)
	if err != nil {
		return err
	}
	if len(code) != 4 {
		return fmt.Errorf("a failure of %d bytes, want 4", len(code))
	}
	return EAI(int32(binary.NativeEndian.Uint32(code))) // it was copied as it lay in netd's memory
}

// sockaddr reads a struct sockaddr: the family in the terminal's order of bytes, all else in the network's. A family that
// is not of the internet gives no address and no error.
func sockaddr(r *bufio.Reader) (netip.Addr, error) {
	b, err := counted(r, maxSockaddr)
	if err != nil {
		return netip.Addr{}, err
	}
	if len(b) < 2 {
		return netip.Addr{}, fmt.Errorf("a socket address of %d bytes", len(b))
	}
	switch family := binary.NativeEndian.Uint16(b); {
	case family == familyINET && len(b) >= 16:
		return netip.AddrFrom4([4]byte(b[4:8])), nil
	case family == familyINET6 && len(b) >= 28:
		return netip.AddrFrom16([16]byte(b[8:24])), nil
	case family == familyINET, family == familyINET6:
		return netip.Addr{}, fmt.Errorf("a socket address of family %d in %d bytes", family, len(b))
	}
	return netip.Addr{}, nil
}

// counted reads a length, of at most limit, and as many bytes.
func counted(r *bufio.Reader, limit uint32) ([]byte, error) {
	n, err := number(r)
	if err != nil {
		return nil, err
	}
	if n > limit {
		return nil, fmt.Errorf("a field of %d bytes, want at most %d", n, limit)
	}
	return take(r, int(n))
}

func number(r *bufio.Reader) (uint32, error) {
	b, err := take(r, 4)
	if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint32(b), nil
}

// take reads exactly n bytes.
func take(r io.Reader, n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	if n > 0 && errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("the answer ends early")
	}
	return b, err
}
