//go:build integration

package history

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/store"
)

// event is an operation: a rotation that put jti in, or the question whether a node accepts jti.
type event struct {
	relay  string
	node   int // of a question
	rotate bool
	jti    string
}

// register is a relay as one node sees it: it holds one token. The rotation takes effect there at one moment between its
// beginning and the return of Await, and every answer is the truth of one moment between question and answer. What two nodes
// say while Await has not returned yet may differ, so each node is a register of its own.
var register = porcupine.Model{
	Init: func() any { return "" },
	Step: func(state, input, output any) (bool, any) {
		e := input.(event)
		if e.rotate {
			return true, e.jti
		}
		return output.(bool) == (state.(string) == e.jti), state
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v: %v", input, output) },
}

// recorder collects the events of all relays and nodes.
type recorder struct {
	mu    sync.Mutex
	begun time.Time
	list  []porcupine.Operation
}

func (r *recorder) now() int64 { return int64(time.Since(r.begun)) }

func (r *recorder) add(op porcupine.Operation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, op)
}

// check gives those relays and nodes whose history no order explains.
func (r *recorder) check(t *testing.T, relays []string, nodes int) (unexplained int) {
	for _, relay := range relays {
		for node := range nodes {
			var ops []porcupine.Operation
			questions := 0
			for _, op := range r.list {
				if e := op.Input.(event); e.relay == relay && (e.rotate || e.node == node) {
					ops = append(ops, op)
					if !e.rotate {
						questions++
					}
				}
			}
			require.Greater(t, questions, 50, "too little was answered to say anything")
			switch porcupine.CheckOperationsTimeout(register, ops, 5*time.Minute) {
			case porcupine.Illegal:
				unexplained++
			case porcupine.Unknown:
				t.Fatal("the history is too long to be checked")
			}
		}
	}
	return unexplained
}

// run rotates the tokens of three relays through two nodes at once, each at most once in pace, and asks both about the last
// tokens of each.
func run(t *testing.T, members []*member, rotations int, pace time.Duration, rotate func(ctx context.Context, m *member, relay string, next store.RelayToken) error) (*recorder, []string) {
	const relays = 3
	rec := &recorder{begun: time.Now()}
	var mu sync.Mutex
	last := map[string][]string{}
	var names []string
	for range relays {
		relay, jti := members[0].relay(t)
		names = append(names, relay)
		last[relay] = []string{jti}
		rec.add(porcupine.Operation{ClientId: 0, Input: event{relay: relay, rotate: true, jti: jti}, Call: 0, Return: rec.now()})
	}

	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var askers, rotators sync.WaitGroup
	for i, m := range members {
		for range 2 {
			askers.Go(func() {
				for ctx.Err() == nil {
					time.Sleep(time.Duration(rand.Int64N(int64(3 * time.Millisecond))))
					relay := names[rand.IntN(relays)]
					mu.Lock()
					jtis := last[relay]
					mu.Unlock()
					jti := jtis[max(0, len(jtis)-1-rand.IntN(2))]
					call := rec.now()
					ok, err := m.node.Accepts(relay, jti)
					if err == nil { // without a lease it says nothing
						rec.add(porcupine.Operation{ClientId: i, Input: event{relay: relay, node: i, jti: jti}, Output: ok, Call: call, Return: rec.now()})
					}
				}
			})
		}
		for _, relay := range names {
			rotators.Go(func() {
				for range rotations {
					time.Sleep(time.Duration(rand.Int64N(int64(pace))))
					next := token()
					mu.Lock()
					last[relay] = append(last[relay], next.JTI)
					mu.Unlock()
					op := porcupine.Operation{ClientId: i, Input: event{relay: relay, rotate: true, jti: next.JTI}, Call: rec.now()}
					if err := rotate(ctx, m, relay, next); err != nil {
						t.Errorf("rotate: %v", err)
						return
					}
					op.Return = rec.now()
					rec.add(op)
				}
			})
		}
	}
	rotators.Wait()
	cancel()
	askers.Wait()
	return rec, names
}

func complete(ctx context.Context, m *member, relay string, next store.RelayToken) error {
	epoch, err := m.RotateRelayToken(ctx, by, relay, next)
	if err != nil {
		return err
	}
	_, err = m.node.Await(ctx, epoch)
	return err
}

func TestRotationsAndAnswersHaveAnOrder(t *testing.T) {
	for name, open := range engines {
		t.Run(name, func(t *testing.T) {
			url := open(t)
			members := []*member{enter(t, url, 10*time.Second), enter(t, url, 10*time.Second)}
			rec, relays := run(t, members, 60, 20*time.Millisecond, complete)
			require.Zero(t, rec.check(t, relays, len(members)))
			t.Logf("%d operations", len(rec.list))
		})
	}
}

// TestRotationsThatDoNotWaitHaveNone: the check notices when nobody waits for the other node.
func TestRotationsThatDoNotWaitHaveNone(t *testing.T) {
	for name, open := range engines {
		t.Run(name, func(t *testing.T) {
			url := open(t)
			members := []*member{enter(t, url, 10*time.Second), enter(t, url, 10*time.Second)}
			rec, relays := run(t, members, 60, 20*time.Millisecond, func(ctx context.Context, m *member, relay string, next store.RelayToken) error {
				_, err := m.RotateRelayToken(ctx, by, relay, next)
				return err
			})
			require.NotZero(t, rec.check(t, relays, len(members)))
		})
	}
}

// TestACutNodeHasAnOrder: the second node's line is cut again and again, for longer than its lease.
func TestACutNodeHasAnOrder(t *testing.T) {
	url := engines["postgres"](t)
	far, line := through(t, url)
	const lease = 2 * time.Second // the near one, which nobody cuts off, keeps it on a busy machine
	members := []*member{enter(t, url, lease), enter(t, far, lease)}
	stop := make(chan struct{})
	var cutter sync.WaitGroup
	cutter.Go(func() {
		for length := 3 * lease; ; length = time.Duration(rand.Int64N(int64(2 * lease))) { // first one that is waited for whatever else happens
			select {
			case <-stop:
				return
			case <-time.After(time.Duration(rand.Int64N(int64(lease / 2)))):
			}
			line.cut()
			time.Sleep(length)
			line.mend()
		}
	})
	expired := 0
	var mu sync.Mutex
	near := members[0]
	rec, relays := run(t, members, 15, time.Second, func(ctx context.Context, _ *member, relay string, next store.RelayToken) error {
		epoch, err := near.RotateRelayToken(ctx, by, relay, next) // the far one could only say that it does not know
		if err != nil {
			return err
		}
		found, err := near.node.Await(ctx, epoch)
		mu.Lock()
		expired += found.Expired
		mu.Unlock()
		return err
	})
	close(stop)
	cutter.Wait()
	require.Zero(t, rec.check(t, relays, len(members)))
	require.NotZero(t, expired, "no lease was waited for")
	t.Logf("%d operations, %d leases waited for", len(rec.list), expired)
}
