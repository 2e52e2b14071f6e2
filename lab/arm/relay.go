//go:build linux

package main

import (
	"io"
	"net"
	"os"
)

// relay is what the emulator starts for each connection out of the terminal: it carries bytes between the emulator, on its
// standard input and output, and a server on this machine's loopback.
func relay(address string) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	go func() {
		_, _ = io.Copy(conn, os.Stdin)
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.CloseWrite() // the terminal has said all; the server may still answer
		}
	}()
	_, err = io.Copy(os.Stdout, conn)
	return err
}
