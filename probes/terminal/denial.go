package terminal

import (
	"bytes"
	"strings"

	"github.com/poshealth/poshealth/probes"
)

// deniedAt: a denial is the whole of an output, so it is sought in its first lines. Further down, the same words are a
// log's or another app's, which some services dump.
const deniedAt = 4

// denial finds what programs of Android say instead of an answer, mostly with exit code 0, on standard output or standard
// error by version. It returns "" for an answer.
func denial(out, complaint []byte) (probes.Reason, string) {
	for _, text := range [][]byte{out, complaint} {
		for _, line := range firstLines(text, deniedAt) {
			if reason := denialLine(line); reason != "" {
				return reason, Printable(line, 160)
			}
		}
	}
	// dumpsys gives up on a service that does not answer, after whatever it has printed before.
	if at := bytes.LastIndex(out, []byte("*** SERVICE '")); at >= 0 && bytes.Contains(out[at:], []byte("DUMP TIMEOUT")) {
		line, _, _ := strings.Cut(string(out[at:]), "\n")
		return Timeout, Printable(line, 160)
	}
	return "", ""
}

func denialLine(line string) probes.Reason {
	starts := func(prefixes ...string) bool {
		for _, prefix := range prefixes {
			if strings.HasPrefix(line, prefix) {
				return true
			}
		}
		return false
	}
	switch {
	case starts("Permission Denial: ", "Permission denied", "java.lang.SecurityException", "Security exception: ", "SecurityException: "),
		starts("Error: java.lang.SecurityException", "Exception occurred while executing") && strings.Contains(line, "SecurityException"):
		return denied
	case starts("dumpsys: Unable to get default service manager", "Unable to get default service manager", "cmd: Unable to get default service manager"):
		return denied // the binder device is closed to us
	case starts("Can't find service: ", "cmd: Can't find service: "):
		return absent
	case starts("Error: Could not access the Package Manager", "Error: Could not access the Activity Manager"):
		return absent // the system server is not up (yet)
	case starts("Failed to dump service", "Error: Failed to dump service", "Error dumping service info", "Failed transaction", "cmd: Failure calling service"):
		return malformed
	}
	return ""
}

// firstLines are the first n lines that are not blank, without the blanks around them.
func firstLines(text []byte, n int) []string {
	var lines []string
	for line := range bytes.Lines(text[:min(len(text), 4096)]) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			lines = append(lines, string(line))
		}
		if len(lines) == n {
			break
		}
	}
	return lines
}
