package terminal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"
)

// dnsproxyd is where netd resolves names for every program of an Android: the per-network servers, Private DNS, the VPN and
// the cache that the payment app meets are behind it, and it is all the same from 5 to 16. Mode 0660 of the group inet.
const dnsproxyd = "/dev/socket/dnsproxyd"

const (
	// maxHost is the longest name that DNS knows, in its written form; with it a command stays far below netd's 1024 bytes.
	maxHost = 253

	// getaddrinfo asks as Java's InetAddress does, and so as the payment app: no service, AI_ADDRCONFIG (0x400), either
	// family, SOCK_STREAM, any protocol, the default network (0). One command a connection, a zero at its end.
	getaddrinfo = "getaddrinfo %s ^ 1024 0 1 0 0\x00"
)

// EAI is why getaddrinfo of Android's C library has no address: a number of its netdb.h, the same on all versions.
type EAI int32

// The numbers that netd answers with. It says NoData for most of what goes wrong: no such name, no address, no network.
const (
	EAIAgain  EAI = 2
	EAIFail   EAI = 4 // could not find out; also said, at once, to an app whose network is blocked
	EAINoData EAI = 7
	EAINoName EAI = 8
	EAISystem EAI = 11
)

// Error says it in netdb.h's word and in plain ones.
func (e EAI) Error() string {
	switch e {
	case EAIAgain:
		return "EAI_AGAIN: the name servers gave no answer in time"
	case EAIFail:
		return "EAI_FAIL: it could not find out"
	case EAINoData:
		return "EAI_NODATA: no such name, or none with an address"
	case EAINoName:
		return "EAI_NONAME: no such name"
	case EAISystem:
		return "EAI_SYSTEM: a system call failed"
	}
	return fmt.Sprintf("EAI code %d", int32(e))
}

// Lookup asks the terminal's own resolver for the addresses of a name, over /dev/socket/dnsproxyd, within ctx. The errors
// are an [Error]: absent where there is no such socket, denied where this user may not use it; it wraps an [EAI] where
// netd answered that there is no address, which says something of the terminal and nothing of us.
func (t *Terminal) Lookup(ctx context.Context, name string) ([]netip.Addr, error) {
	name = strings.TrimSuffix(name, ".") // Java's names have none either
	if !hostname(name) {
		return nil, &Error{What: dnsproxyd, Reason: malformed, Err: fmt.Errorf("%.60q is no name that can be asked for", name)}
	}
	conn, err := t.dial(ctx, dnsproxyd)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	_, err = fmt.Fprintf(conn, getaddrinfo, name)
	var addrs []netip.Addr
	if err == nil {
		addrs, err = readAnswer(bufio.NewReaderSize(conn, 512))
	}
	if err == nil {
		return addrs, nil
	}
	failed := &Error{What: dnsproxyd, Reason: errnoReason(err), Err: err}
	switch {
	case ctx.Err() != nil:
		failed.Reason, failed.Err = ReasonOf(ctx.Err()), ctx.Err()
	case errors.Is(err, os.ErrDeadlineExceeded): // the deadline comes before ctx knows of its end
		failed.Reason, failed.Err = Timeout, context.DeadlineExceeded
	}
	return nil, failed
}

// hostname refuses whatever could end netd's word or command, and what no host is called.
func hostname(name string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
	return name != "" && len(name) <= maxHost && strings.Trim(name, allowed) == ""
}
