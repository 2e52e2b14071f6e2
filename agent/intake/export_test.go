package intake

import "net"

// Talk is one connection of a door, without the goroutines around it: a fuzzer finds more where nothing happens by chance.
func (l Lines) Talk(conn net.Conn) { l.talk(conn, &hall{}) }
