package verifier

import (
	"context"
	"math/bits"
	"math/rand/v2"
	"sync"

	streamtoken "github.com/streamtoken/streamtoken"
)

const (
	// lanes is among how many queues the senders are spread.
	lanes = 256
	// maxWaiting bounds all queues together: half a second's work of one
	// processor. Whoever waits is a request that exists already.
	maxWaiting = 16 << 10
)

// admission bounds how many cold verifications run at once. An RSA check costs
// what a thousand checks of remembered tokens cost, and whoever knows a key id
// can ask for as many as can be sent, by forging signatures.
//
// Those who must wait take turns by sender: stochastic fairness queueing
// (McKenney, 1990). Senders fall into lanes by a random hash, each lane is first
// come, first served, and the lanes are served in turn, one of each. When there
// is no more room, the last in the longest lane has to go. So one sender gets no
// more than its share, and is the one turned away; who shares its lane, one in
// 256, waits with it.
//
// Safe for concurrent use.
type admission struct {
	mu      sync.Mutex
	free    int // verifications that may begin at once; zero while anybody waits
	waiting int
	turn    uint8 // the lane served last
	seed    uint64
	queued  [lanes / 64]uint64 // a bit for each lane that is not empty
	lane    [lanes]lane

	turnedAway uint64 // for want of room, or because the request ended
}

// lane is a queue.
type lane struct {
	first, last *waiter
	len         int
}

type waiter struct {
	prev, next *waiter
	lane       uint8
	state      waiterState
	told       chan struct{} // closed when state changes
}

type waiterState uint8

const (
	waits waiterState = iota
	admitted
	turnedAway
)

func (a *admission) init(limit int) {
	a.free = limit
	a.seed = rand.Uint64() | 1
}

// try admits the caller if nobody has to wait. Whoever is admitted calls done.
func (a *admission) try() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.free == 0 {
		return false
	}
	a.free--
	return true
}

// wait waits until the caller is admitted, which gives true, or turned away. It
// gives false and nil when enough is closed first.
func (a *admission) wait(ctx context.Context, sender uint64, enough <-chan struct{}) (bool, *streamtoken.Refusal) {
	ended := ctx.Done() // a nil ctx panics here, where nothing is lost
	a.mu.Lock()
	if a.free > 0 { // since try
		a.free--
		a.mu.Unlock()
		return true, nil
	}
	w := &waiter{lane: uint8(sender * a.seed >> 56), told: make(chan struct{})}
	if a.waiting == maxWaiting && !a.makeRoom(w.lane) {
		a.turnedAway++
		a.mu.Unlock()
		return false, busy("too many tokens wait to be verified")
	}
	a.push(w)
	a.mu.Unlock()

	select {
	case <-w.told:
	case <-enough:
	case <-ended:
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	gone := ctx.Err() != nil
	switch {
	case w.state == admitted && !gone:
		return true, nil // to be passed on by a caller who has had enough
	case w.state == admitted:
		a.pass() // nobody is there any more to make use of it
	case w.state == turnedAway:
		return false, busy("too many tokens wait to be verified")
	default:
		a.remove(w)
		if !gone {
			return false, nil
		}
	}
	a.turnedAway++
	return false, busy("the request ended while its token waited to be verified")
}

// done lets the next one in.
func (a *admission) done() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pass()
}

// pass gives the caller's place to the first of the next lane, if anybody waits.
func (a *admission) pass() {
	l, ok := a.nextLane()
	if !ok {
		a.free++
		return
	}
	a.turn = l
	w := a.lane[l].first
	a.remove(w)
	w.tell(admitted)
}

// makeRoom turns away the last of the longest lane, unless that is no longer
// than the given one: then whoever comes to that one has to go.
func (a *admission) makeRoom(own uint8) bool {
	longest := own
	for i := range a.lane {
		if a.lane[i].len > a.lane[longest].len {
			longest = uint8(i)
		}
	}
	if longest == own {
		return false
	}
	w := a.lane[longest].last
	a.remove(w)
	a.turnedAway++
	w.tell(turnedAway)
	return true
}

// nextLane finds the lane that is not empty and comes next after turn.
func (a *admission) nextLane() (uint8, bool) {
	if a.waiting == 0 {
		return 0, false
	}
	from := a.turn + 1 // wraps around
	for i := range uint8(len(a.queued) + 1) {
		word := (from/64 + i) % uint8(len(a.queued))
		set := a.queued[word]
		if i == 0 {
			set &^= 1<<(from%64) - 1
		}
		if set != 0 {
			return word*64 + uint8(bits.TrailingZeros64(set)), true
		}
	}
	return 0, false
}

func (a *admission) push(w *waiter) {
	l := &a.lane[w.lane]
	if w.prev = l.last; w.prev != nil {
		w.prev.next = w
	} else {
		l.first = w
		a.queued[w.lane/64] |= 1 << (w.lane % 64)
	}
	l.last = w
	l.len++
	a.waiting++
}

func (a *admission) remove(w *waiter) {
	l := &a.lane[w.lane]
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		l.first = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	} else {
		l.last = w.prev
	}
	w.prev, w.next = nil, nil
	if l.len--; l.len == 0 {
		a.queued[w.lane/64] &^= 1 << (w.lane % 64)
	}
	a.waiting--
}

func (w *waiter) tell(s waiterState) {
	w.state = s
	close(w.told)
}
