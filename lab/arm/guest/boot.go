//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// diskWait: a virtio disk is there some milliseconds after its driver.
const diskWait = 10 * time.Second

func boot() error {
	quieten()
	for _, m := range []struct{ what, where, kind string }{
		{"proc", "/proc", "proc"},
		{"sys", "/sys", "sysfs"},
		{"dev", "/dev", "devtmpfs"},
	} {
		if err := mount(m.what, m.where, m.kind, 0); err != nil {
			return err
		}
	}
	return errors.Join(loadModules(), mountData(), network())
}

// quieten stops the console from repeating what is typed to it.
func quieten() {
	t, err := unix.IoctlGetTermios(0, unix.TCGETS)
	if err != nil {
		return
	}
	t.Lflag &^= unix.ECHO
	_ = unix.IoctlSetTermios(0, unix.TCSETS, t) // orders are obeyed with an echo too
}

func mount(what, where, kind string, flags uintptr) error {
	if err := os.MkdirAll(where, 0o755); err != nil {
		return err
	}
	if err := unix.Mount(what, where, kind, flags, ""); err != nil && !errors.Is(err, unix.EBUSY) {
		return fmt.Errorf("cannot mount %s on %s: %w", what, where, err)
	}
	return nil
}

// loadModules loads what lies in /modules by name; the driver has numbered the files so that each comes after those it
// depends on.
func loadModules() error {
	files, err := os.ReadDir("/modules")
	if err != nil {
		return err
	}
	for _, f := range files {
		image, err := os.ReadFile("/modules/" + f.Name())
		if err == nil {
			err = unix.InitModule(image, "")
		}
		if err != nil && !errors.Is(err, unix.EEXIST) {
			return fmt.Errorf("cannot load %s: %w", f.Name(), err)
		}
	}
	return nil
}

// mountData mounts the disk. The app's folder belongs to the app, whose user the host's file system did not know.
func mountData() error {
	for deadline := time.Now().Add(diskWait); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat("/dev/vda"); err == nil {
			break
		} else if time.Now().After(deadline) {
			return fmt.Errorf("no disk: %w", err)
		}
	}
	if err := mount("/dev/vda", "/data", "ext4", unix.MS_NOATIME|unix.MS_NOSUID|unix.MS_NODEV); err != nil {
		return err
	}
	folders, err := os.ReadDir("/data/user/0")
	if err != nil {
		return err
	}
	for _, f := range folders { // named for their users' ids
		uid, err := strconv.Atoi(f.Name())
		if err != nil {
			return err
		}
		if err := os.Chown("/data/user/0/"+f.Name(), uid, uid); err != nil {
			return err
		}
	}
	return nil
}

// route is struct rtentry of linux/route.h.
type route struct {
	_                             uintptr
	destination, gateway, netmask unix.RawSockaddrInet4
	flags                         uint16
	_                             int16
	_, _                          uintptr
	_                             int16 // metric
	_, _, _                       uintptr
	_                             uint16
}

// network brings up loopback and Ethernet, with the addresses that the emulator's own network expects.
func network() error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(s) }() // only asked
	for _, i := range []struct {
		name          string
		address, mask []byte
	}{
		{"lo", []byte{127, 0, 0, 1}, []byte{255, 0, 0, 0}},
		{"eth0", []byte{10, 0, 2, 15}, []byte{255, 255, 255, 0}},
	} {
		if err := bringUp(s, i.name, i.address, i.mask); err != nil {
			return fmt.Errorf("cannot bring up %s: %w", i.name, err)
		}
	}
	r := route{flags: unix.RTF_UP | unix.RTF_GATEWAY}
	r.destination.Family, r.netmask.Family = unix.AF_INET, unix.AF_INET
	r.gateway = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: [4]byte{10, 0, 2, 2}}
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(s), unix.SIOCADDRT, uintptr(unsafe.Pointer(&r))); errno != 0 {
		return fmt.Errorf("cannot set the default route: %w", errno)
	}
	return nil
}

func bringUp(s int, name string, address, mask []byte) error {
	ask := func(request uint, set func(*unix.Ifreq) error) error {
		r, err := unix.NewIfreq(name)
		if err == nil {
			err = set(r)
		}
		if err != nil {
			return err
		}
		return unix.IoctlIfreq(s, request, r)
	}
	return errors.Join(
		ask(unix.SIOCSIFADDR, func(r *unix.Ifreq) error { return r.SetInet4Addr(address) }),
		ask(unix.SIOCSIFNETMASK, func(r *unix.Ifreq) error { return r.SetInet4Addr(mask) }),
		ask(unix.SIOCSIFFLAGS, func(r *unix.Ifreq) error { r.SetUint16(unix.IFF_UP | unix.IFF_RUNNING); return nil }),
	)
}

// setClock moves the wall clock; that of the machine outside is another one.
func setClock(args []string) (string, error) {
	seconds, err := strconv.ParseInt(strings.Join(args, " "), 10, 32)
	if err != nil {
		return "", fmt.Errorf("clock: want seconds: %w", err)
	}
	now := unix.NsecToTimeval(time.Now().Add(time.Duration(seconds) * time.Second).UnixNano())
	return "", unix.Settimeofday(&now)
}
