package path

import "time"

// Seen is what a burst says of replies that came in this order.
type Seen struct{ Received, Reordered int }

// Replies plays replies, by sequence number, to a burst of count packets.
func Replies(count int, order ...int) Seen {
	b := newBurst(100, count)
	for i := range count {
		b.went(i, time.Duration(i))
	}
	for _, seq := range order {
		b.reply(100+seq, time.Second)
	}
	return Seen{b.received, b.reordered}
}

// What the tests look at from outside.
var (
	Median     = median
	Percentile = percentile
	Jitter     = jitter
	Checksum   = checksum
	Columns    = columns
)

// Head is what parseHead finds.
func Head(b []byte) (status int, location string, body, whole bool, length int, err error) {
	h, err := parseHead(b)
	return h.status, h.location, h.body, h.whole, h.length, err
}

// ReadReply takes a message for a reply, on a raw socket for IPv4 or an ordinary one for IPv6.
func ReadReply(m []byte, raw bool) (uint16, bool) {
	s := socket{raw: raw, v6: !raw}
	return s.reply(m, token{1, 2, 3, 4, 5, 6, 7, 8})
}
