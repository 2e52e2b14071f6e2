package mqtt

import (
	"net"
	"time"
)

// Limits shortens the bounds that nobody needs to set; zero leaves one as it is.
func (o Options) Limits(write, ping time.Duration) Options {
	o.limits = defaultLimits()
	if write > 0 {
		o.limits.write = write
	}
	if ping > 0 {
		o.limits.ping = ping
	}
	return o
}

// Socket is the TCP connection below everything.
func (l *Link) Socket() net.Conn { return l.conn.raw.Conn }
