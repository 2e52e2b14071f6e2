//go:build !linux

package link

import (
	"context"
	"net"
	"os"
)

// dialThrough can't choose a link here.
func dialThrough(context.Context, string, string, func(context.Context, string) (uint32, bool)) (net.Conn, error) {
	return nil, os.ErrPermission
}
