package probetest

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// DeniedTo looks as a user who may do nothing with a file or folder, and may pass the folders above it.
func DeniedTo[T any](t TB, locked string, look func() T) T {
	t.Helper()
	return AllowedOnly(t, locked, 0o000, look)
}

// AllowedOnly looks as a user who may do with a file or folder what a mode says. Root may read everything, so it looks
// with another user's rights to files: a matter of one thread, which ends with the look. Folders of os.TempDir are
// opened to all on the way to it; the file or folder itself has mode 0755 afterwards.
func AllowedOnly[T any](t TB, locked string, mode os.FileMode, look func() T) T {
	t.Helper()
	for above := filepath.Dir(locked); above != os.TempDir() && len(above) > 1; above = filepath.Dir(above) {
		if err := os.Chmod(above, 0o755); err != nil {
			t.Fatalf("%v", err)
		}
	}
	if err := os.Chmod(locked, mode); err != nil {
		t.Fatalf("%v", err)
	}
	defer func() { _ = os.Chmod(locked, 0o755) }()
	looked := make(chan T)
	go func() {
		runtime.LockOSThread() // and never unlocked
		if os.Geteuid() == 0 {
			const nobody = 65534         // Linux' overflow user, whom no file of a test belongs to
			_ = syscall.Setfsuid(nobody) // says nothing of its success: what is seen does
		}
		looked <- look()
	}()
	return <-looked
}
