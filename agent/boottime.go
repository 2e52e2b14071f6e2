package agent

import (
	"crypto/rand"
	"encoding/hex"
	"os"
	"strings"
	"time"

	"github.com/poshealth/poshealth/probes/terminal"
)

// Boottime is CLOCK_BOOTTIME: time since the terminal started, suspend included. Wall time may be wrong, and Go's own
// monotonic clock stands still while the terminal sleeps.
func Boottime() time.Duration { return terminal.Boottime() }

// bootID names this start of the terminal. Where the kernel's own may not be read it is made up for this process, which
// only costs the fleet the knowledge that two runs of the agent were one boot.
func bootID() string {
	const kernel = "/proc/sys/kernel/random/boot_id"
	if b, err := os.ReadFile(kernel); err == nil && len(b) >= 36 {
		return strings.TrimSpace(string(b))[:36]
	}
	return "run-" + randomHex(8)
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails: the runtime stops the program instead
	return hex.EncodeToString(b)
}
