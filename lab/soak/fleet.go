//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	fleets "github.com/poshealth/poshealth/fleet"
	"github.com/poshealth/poshealth/transport/wire"
)

// subscriber is the fleet's end: it stores each change that is news to it, and says so to the terminal.
type subscriber struct {
	client paho.Client
	file   *os.File

	mu      sync.Mutex
	known   fleets.Receipts
	highest map[string]uint64 // of each spool
	numbers map[int]int       // how often each number was stored
	twice   int               // messages that were known already
	late    int               // stored after a later one of the same spool
	err     error
	due     map[string]wire.Receipt // the newest of each spool that the terminal is to be given
	wake    chan struct{}
}

func newSubscriber(file, broker string) (*subscriber, error) {
	f, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	s := &subscriber{file: f, highest: map[string]uint64{}, numbers: map[int]int{}, due: map[string]wire.Receipt{}, wake: make(chan struct{}, 1)}
	s.client = paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + broker).SetClientID("fleet").SetCleanSession(false).
		SetMaxReconnectInterval(200 * time.Millisecond).SetConnectRetry(true).SetConnectRetryInterval(100 * time.Millisecond).
		SetOnConnectHandler(func(c paho.Client) {
			c.Subscribe(base+"event", 1, func(_ paho.Client, m paho.Message) { s.store(m.Payload()) }) // not granted: the next connection asks again
		}))
	s.client.Connect()
	go s.answer()
	return s, nil
}

// store keeps a message on disk before it counts as stored.
func (s *subscriber) store(body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, err := wire.Decode[wire.Event](body)
	if err != nil || e.Spool == nil || len(e.Changes) != 1 {
		s.err = fmt.Errorf("a message that cannot be read: %w", err)
		return
	}
	if s.known.Seen(*e.Spool) {
		s.twice++
	} else {
		n, err := strconv.Atoi(strings.TrimPrefix(e.Changes[0].Code, "number-"))
		if err == nil {
			_, err = fmt.Fprintln(s.file, e.Spool.ID, e.Spool.Seq, n)
		}
		if err != nil {
			s.err = err
			return
		}
		s.numbers[n]++
		s.known.Stored(*e.Spool)
		if e.Spool.Seq < s.highest[e.Spool.ID] {
			s.late++
		}
		s.highest[e.Spool.ID] = max(s.highest[e.Spool.ID], e.Spool.Seq)
	}
	s.due[e.Spool.ID] = s.known.Receipt(e.Spool.ID)
	select {
	case s.wake <- struct{}{}:
	default: // it will look
	}
}

// answer sends receipts, a moment after what they are for, so that one serves several.
func (s *subscriber) answer() {
	for range s.wake {
		time.Sleep(20 * time.Millisecond)
		s.mu.Lock()
		due := s.due
		s.due = map[string]wire.Receipt{}
		s.mu.Unlock()
		for _, r := range due {
			if body, err := wire.Encode(r); err == nil {
				s.client.Publish(base+"receipt", 0, false, body)
			}
		}
	}
}

func (s *subscriber) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.numbers)
}

// inOrder reads what was stored: of each spool every number once, and numbers rise as records do.
func (s *subscriber) inOrder(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	if _, err := s.file.Seek(0, 0); err != nil {
		return err
	}
	spools := map[string]map[uint64]int{}
	for lines := bufio.NewScanner(s.file); lines.Scan() && ctx.Err() == nil; {
		var id string
		var seq uint64
		var n int
		if _, err := fmt.Sscan(lines.Text(), &id, &seq, &n); err != nil {
			return err
		}
		if spools[id] == nil {
			spools[id] = map[uint64]int{}
		}
		if _, there := spools[id][seq]; there {
			return fmt.Errorf("record %d of %s is stored twice", seq, id)
		}
		spools[id][seq] = n
	}
	for id, records := range spools {
		for seq := uint64(1); seq <= uint64(len(records)); seq++ {
			n, there := records[seq]
			if !there {
				return fmt.Errorf("record %d of %s is missing", seq, id)
			}
			if seq > 1 && n <= records[seq-1] {
				return fmt.Errorf("record %d of %s tells of change %d, and the one before it of %d", seq, id, n, records[seq-1])
			}
		}
	}
	return ctx.Err()
}
