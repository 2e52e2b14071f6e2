package link

import "net"

// IoctlInterfaces is the way that is left where netlink is denied.
func IoctlInterfaces() []net.Interface { return ioctlInterfaces() }
