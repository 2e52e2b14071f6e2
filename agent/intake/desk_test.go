package intake_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/intake"
	"github.com/poshealth/poshealth/agent/intake/intaketest"
)

// rig is a desk with what it stands on in a test's hand.
type rig struct {
	*intake.Desk
	boot    atomic.Int64 // the boot clock
	mu      sync.Mutex
	kept    []intake.Event
	err     error
	guarded int
}

func newRig() *rig {
	r := &rig{}
	r.boot.Store(int64(30*time.Hour + 59*time.Minute))
	r.Desk = intake.NewDesk(intake.DeskOptions{
		Reader: intake.NewReader(""),
		Take: func(events []intake.Event) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			if r.err == nil {
				r.kept = append(r.kept, events...)
			}
			return r.err
		},
		Boottime: func() time.Duration { return time.Duration(r.boot.Load()) },
		Guarded:  func() { r.guarded++ },
	})
	return r
}

func (r *rig) pass(d time.Duration) { r.boot.Add(int64(d)) }

func event(kind int) string { return intaketest.Lines()[kind] }

func TestReplies(t *testing.T) {
	begin, end := event(2), event(3)
	for _, row := range []struct {
		name, request string
		code          int
		body          string
		kept          int
	}{
		{"one", begin, 202, `{"ack":1}`, 1},
		{"every kind", strings.Join(intaketest.Lines(), "\r\n") + "\r\n", 202, `{"ack":8}`, 8},
		{"nothing", " \r\n\n", 400, `{"code":400,"error":"want a JSON object on each line"}`, 0},
		{"one of three", begin + "\n" + strings.Replace(end, `"rc":"96"`, `"rc":"9-6"`, 1) + "\n" + end, 400, `{"ack":2,"code":400,"line":2,"field":"rc","error":"it has another type or range"}`, 2},
		{"no JSON", "hello", 400, `{"ack":0,"code":400,"line":1,"error":"want a JSON object, and nothing after it"}`, 0},
		{"a card", begin + "\n" + strings.Replace(end, `"rc":"96"`, `"rc":"4111 1111 1111 1111"`, 1), 400, `{"ack":0,"code":400,"line":2,"error":"something there could be card data: nothing of the request is taken"}`, 0},
		{"a line too many", strings.Repeat(begin+"\n", 65), 400, `{"ack":64,"code":400,"line":65,"error":"more than 64 lines"}`, 64},
		{"a byte too many", strings.Repeat(" ", 32<<10) + "\n", 413, `{"code":413,"error":"a request has at most 32 KiB"}`, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRig()
			got := r.Hear([]byte(row.request))
			assert.Equal(t, row.code, got.Code)
			assert.JSONEq(t, row.body, string(got.Body))
			assert.Len(t, r.kept, row.kept)
		})
	}
}

func TestWhatCannotBeKeptIsToBeSentAgain(t *testing.T) {
	r := newRig()
	r.err = errors.New("the flash takes no writes")
	got := r.Hear([]byte(event(2)))
	assert.Equal(t, 503, got.Code)
	assert.JSONEq(t, `{"code":503,"retry_s":1,"error":"it cannot be kept now: send all of it again"}`, string(got.Body))
	r.err = nil
	assert.Equal(t, 202, r.Hear([]byte(event(2))).Code)
	assert.Equal(t, intake.Stats{Events: 1, Unkept: 1, LastAt: 30*time.Hour + 59*time.Minute}, r.Stats())
}

// TestStats: all is counted, and the guard speaks seldom.
func TestStats(t *testing.T) {
	r := newRig()
	for range 3 {
		r.Hear([]byte(event(2) + "\n" + `{"v":1}` + "\n" + strings.Replace(event(3), `"v":1`, `"v":1,"new":true`, 1)))
		r.Hear([]byte(`{"pan":"6222021234567890123"}`))
		r.pass(4 * time.Minute)
	}
	assert.Equal(t, intake.Stats{Events: 6, Refused: 3, Dropped: 3, Guarded: 3, LastAt: 31*time.Hour + 7*time.Minute}, r.Stats())
	assert.Equal(t, 1, r.guarded)
	r.Hear([]byte(`{"pan":"6222021234567890123"}`))
	assert.Equal(t, 2, r.guarded, "after ten minutes")
}

// TestBurst: a hundred at once, then twenty a second; what is too much is refused whole, with the time after which it will do.
func TestBurst(t *testing.T) {
	r := newRig()
	fifty := []byte(strings.Repeat(event(2)+"\n", 50))
	assert.Equal(t, 202, r.Hear(fifty).Code)
	assert.Equal(t, 202, r.Hear(fifty).Code)
	got := r.Hear(fifty)
	require.Equal(t, 429, got.Code)
	assert.Contains(t, string(got.Body), `"retry_s":3,`)
	assert.Len(t, r.kept, 100)
	r.pass(2400 * time.Millisecond)
	assert.Equal(t, 429, r.Hear(fifty).Code)
	r.pass(100 * time.Millisecond)
	assert.Equal(t, 202, r.Hear(fifty).Code)
	assert.Equal(t, 429, r.Hear([]byte("what is bad counts too\n")).Code)
	r.pass(time.Hour)
	for range 100 {
		assert.Equal(t, 400, r.Hear([]byte("bad")).Code)
	}
	assert.Equal(t, 429, r.Hear([]byte("bad")).Code, "it costs as much time")
	assert.EqualValues(t, 4, r.Stats().Limited)
}

// TestDay: 20,000 in any 24 hours, by a clock that goes on whatever the wall clock does.
func TestDay(t *testing.T) {
	r := newRig()
	forty := []byte(strings.Repeat(event(2)+"\n", 40))
	for range 500 {
		require.Equal(t, 202, r.Hear(forty).Code)
		r.pass(2 * time.Second)
	}
	got := r.Hear([]byte(event(2)))
	require.Equal(t, 429, got.Code)
	var said struct {
		Retry int `json:"retry_s"`
	}
	require.NoError(t, json.Unmarshal(got.Body, &said))
	r.pass(time.Duration(said.Retry-1) * time.Second)
	assert.Equal(t, 429, r.Hear([]byte(event(2))).Code)
	r.pass(time.Second)
	assert.Equal(t, 202, r.Hear([]byte(event(2))).Code, "retry_s was right")
	assert.LessOrEqual(t, said.Retry, 25*3600)
}

// TestADayNeverHasMore: whatever the app does, no 24 hours have more than the contract allows.
func TestADayNeverHasMore(t *testing.T) {
	r := newRig()
	sixty := []byte(strings.Repeat(event(2)+"\n", 60))
	var times []time.Duration // of each event that was taken
	for i := range 3 * 24 * 30 {
		for r.Hear(sixty).Code == 202 {
			for range 60 {
				times = append(times, time.Duration(r.boot.Load()))
			}
		}
		r.pass(time.Duration(i%5) * time.Minute)
	}
	require.Greater(t, len(times), 2*intake.PerDay)
	for i := range len(times) - intake.PerDay {
		require.Greater(t, times[i+intake.PerDay]-times[i], 24*time.Hour-time.Second)
	}
}

func TestBadLinesLeaveTheDayAlone(t *testing.T) {
	r := newRig()
	bad := []byte(strings.Repeat("bad\n", 60))
	for range 1000 {
		require.Equal(t, 400, r.Hear(bad).Code)
		r.pass(5 * time.Second)
	}
	assert.Equal(t, 202, r.Hear([]byte(event(2))).Code)
}

func TestManyAtOnce(t *testing.T) {
	r := newRig()
	var all sync.WaitGroup
	var taken atomic.Int64
	for range 8 {
		all.Go(func() {
			for range 40 {
				if r.Hear([]byte(event(3))).Code == 202 {
					taken.Add(1)
				}
			}
		})
	}
	all.Wait()
	assert.EqualValues(t, intake.Burst, taken.Load())
	assert.EqualValues(t, intake.Burst, r.Stats().Events)
	assert.EqualValues(t, 8*40-intake.Burst, r.Stats().Limited)
}

// FuzzHear: whatever comes is answered, in a kilobyte of JSON that holds no card.
func FuzzHear(f *testing.F) {
	for _, line := range intaketest.Lines() {
		f.Add([]byte(line))
	}
	f.Add([]byte("\n\r\n{}"))
	f.Add([]byte(`{"v":1,"kind":"4111111111111111"}`))
	f.Fuzz(func(t *testing.T, request []byte) {
		r := newRig()
		got := r.Hear(request)
		var body struct {
			Ack  *int
			Code int
		}
		require.NoError(t, json.Unmarshal(got.Body, &body))
		require.LessOrEqual(t, len(got.Body), 1<<10)
		require.Equal(t, got.Code == 202, body.Code == 0, fmt.Sprint(got.Code))
		if body.Ack != nil {
			require.Len(t, r.kept, *body.Ack)
		}
	})
}
