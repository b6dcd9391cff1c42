package store

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"
)

// hints tells the nodes of this process that something was changed in this process.
type hints struct {
	mu     sync.Mutex
	to     map[chan struct{}]struct{}
	closed bool
}

// add gives a channel that is closed when the hints are, or by drop.
func (h *hints) add() chan struct{} {
	ch := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		close(ch)
		return ch
	}
	if h.to == nil {
		h.to = map[chan struct{}]struct{}{}
	}
	h.to[ch] = struct{}{}
	return ch
}

func (h *hints) drop(ch chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.to[ch]; ok {
		delete(h.to, ch)
		close(ch)
	}
}

func (h *hints) send() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for ch := range h.to {
		hint(ch)
	}
}

func (h *hints) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for ch := range h.to {
		delete(h.to, ch)
		close(ch)
	}
}

// hint leaves one hint in ch: more than one say no more.
func hint(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// listen hears, with PostgreSQL, of the changes of every process, on a connection of its own; with SQLite of those of this
// process.
func (s *sqlStore) listen(ctx context.Context) (<-chan struct{}, error) {
	if s.dial == nil {
		ch := s.hints.add()
		context.AfterFunc(ctx, func() { s.hints.drop(ch) })
		return ch, nil
	}
	if s.closed.Load() {
		return nil, ErrClosed
	}
	start, cancel := s.bound(ctx)
	defer cancel()
	conn, err := s.dial(start)
	if err != nil {
		return nil, wrap(err)
	}
	if _, err := conn.Exec(start, "LISTEN "+pgChannel); err != nil {
		_ = conn.Close(start)
		return nil, wrap(err)
	}
	ch := make(chan struct{}, 1)
	go s.hear(ctx, conn, ch)
	return ch, nil
}

// hear passes notifications on until the connection is lost, ctx ends or the store is closed.
func (s *sqlStore) hear(ctx context.Context, conn *pgx.Conn, ch chan struct{}) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer close(ch)
	stop := s.hints.add() // closed with the store
	defer s.hints.drop(stop)
	go func() {
		for range stop {
		}
		cancel()
	}()
	for {
		if _, err := conn.WaitForNotification(ctx); err != nil {
			break
		}
		hint(ch)
	}
	end, done := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer done()
	_ = conn.Close(end)
}
