package budget

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// FlashPerDay is what the agent may write in a day, in bytes: an eMMC of 8 GB that bears 3,000 erasures bears ten times as
	// much, written ten times over inside, for a hundred years. The bound is for what goes wrong, on a flash that others share.
	FlashPerDay = 4 << 20
	// block is what a synced write costs at least: the page of the file system.
	block = 4 << 10
	// replaced blocks are written for a small file that is written anew, synced and renamed: itself, its inode, the folder and
	// the journal of both; as an append to a growing file costs 17.9 kB on ext4, measured.
	replaced = 5
)

// Flash counts what is written to flash in a day. A nil one counts nothing. Its methods may be called from any goroutine.
type Flash struct {
	mu    sync.Mutex
	today int64 // days since 1970; 0: not known yet
	bytes int64
}

// ErrFlash says that the day's bound is reached, and a file that changes rarely waits.
var ErrFlash = errors.New("the agent has written as much flash today as it may")

// Add counts a synced write of so many bytes, as the whole blocks that it takes.
func (f *Flash) Add(n int) {
	if f == nil || n <= 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bytes += (int64(n) + block - 1) / block * block
}

// Replaced counts a small file of so many bytes that is written anew, synced and renamed.
func (f *Flash) Replaced(n int) { f.Add(n + (replaced-1)*block) }

// Today is what was written today, in bytes.
func (f *Flash) Today() int64 {
	if f == nil {
		return 0
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.bytes
}

// Full tells whether the day's bound is reached: then what can wait, waits.
func (f *Flash) Full() bool { return f.Today() >= FlashPerDay }

// Sparing makes of a function that writes a small file anew one that counts, and that fails with [ErrFlash] while the day's
// bound is reached; who calls it tries again later.
func (f *Flash) Sparing(write func(file, content string) error) func(file, content string) error {
	return func(file, content string) error {
		if f.Full() {
			return fmt.Errorf("cannot write %s before tomorrow: %w (%d bytes)", file, ErrFlash, int64(FlashPerDay))
		}
		return f.Counting(write)(file, content)
	}
}

// Counting is Sparing for what cannot wait.
func (f *Flash) Counting(write func(file, content string) error) func(file, content string) error {
	return func(file, content string) error {
		err := write(file, content)
		if err == nil {
			f.Replaced(len(content)) // what a full flash refuses has worn nothing
		}
		return err
	}
}

// day begins the count anew on a later day. A clock that was ahead by more and is set right begins none.
func (f *Flash) day(t time.Time) {
	if f == nil {
		return
	}
	_, offset := t.Zone()
	today := (t.Unix() + int64(offset)) / (24 * 60 * 60)
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.today != 0 && today > f.today:
		f.bytes = 0
	case today == f.today-1:
		return // two days met at midnight
	}
	f.today = today
}

// restore adds what was written before a restart.
func (f *Flash) restore(day, bytes int64) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.today = day
	f.bytes += bytes
}

func (f *Flash) kept() (day, bytes int64) {
	if f == nil {
		return 0, 0
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.today, f.bytes
}
