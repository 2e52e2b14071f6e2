//go:build !linux || android

package agent

import "runtime/debug"

// returnMemory gives the heap's free pages back. The program's own pages are left alone: where it is loaded by a dynamic
// linker some that look read-only have been written to.
func returnMemory() { debug.FreeOSMemory() }
