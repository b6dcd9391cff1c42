package signer

import (
	"errors"
	"runtime"
	"sync"
)

// share lets calls of Sign that happen at once share the batches of an Engine, without a timer and without a goroutine of
// its own: an idle one holds nothing.
//
// There are as many slots as processors. A call that finds one free runs a batch: its own signature and those that wait. A
// call that finds none waits. Whose batch is done hands the slot to the call that has waited longest, so that what came
// while a batch ran forms the next, oldest first.
type share struct {
	*prepared
	crews sync.Pool

	mu          sync.Mutex
	busy        int   // slots taken
	alone       int   // batches of one since a call came while one ran
	first, tail *work // those that wait
	waiting     int
}

func newShare(p *prepared) *share {
	return &share{prepared: p, crews: sync.Pool{New: func() any { return p.newCrew() }}}
}

// do signs w.
func (q *share) do(w *work) ([]byte, error) {
	if q.enter(w) || <-w.turn {
		q.lead(w)
	}
	return w.sig, w.err
}

// calm is how many batches of one it takes before a call thinks that it is alone. It takes several, because now and then the
// scheduler comes back to a goroutine before those that it let go first.
const calm = 8

// enter takes a slot for w, or has it wait.
func (q *share) enter(w *work) (slot bool) {
	slots := runtime.GOMAXPROCS(0)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.busy > 0 {
		q.alone = 0
	}
	if q.busy < slots {
		q.busy++
		return true
	}
	w.turn = make(chan bool, 1) // not kept: a channel from inside a testing/synctest bubble must not be met outside it
	if q.tail == nil {
		q.first = w
	} else {
		q.tail.next = w
	}
	q.tail = w
	q.waiting++
	return false
}

var errEngineExit = errors.New("signer: the engine ended the goroutine that it was called on")

// lead runs a batch in the slot that w has.
func (q *share) lead(w *work) {
	c := q.gather(w)
	c.err = errEngineExit
	defer q.leave(c) // even if the engine calls runtime.Goexit, as a test's FailNow does: others wait
	c.err = q.run(c)
}

// gather makes a crew of w and of those that have waited longest.
func (q *share) gather(w *work) *crew {
	c := q.crews.Get().(*crew)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.alone < calm && q.waiting < q.size-1 {
		// A batch holds the processor for most of a millisecond. Goroutines that are ready to run, such as those that the
		// last batch was for, come first and may call Sign again; else they would find their way here one by one, each to a
		// batch of its own. Who is alone does not do this, and where nothing else is ready to run it takes no time.
		q.mu.Unlock()
		runtime.Gosched()
		q.mu.Lock()
	}
	c.works = append(c.works[:0], w)
	for len(c.works) < q.size && q.first != nil {
		c.works = append(c.works, q.pop())
	}
	return c
}

func (q *share) pop() *work {
	w := q.first
	q.first, w.next = w.next, nil
	if q.first == nil {
		q.tail = nil
	}
	q.waiting--
	return w
}

// leave tells the works of c that they are done and hands the slot on.
func (q *share) leave(c *crew) {
	n := len(c.works)
	for i, w := range c.works {
		w.err = c.err
		if i > 0 { // the first is the caller's own
			w.turn <- false
		}
		c.works[i] = nil
	}
	clear(c.sigs)
	slots := runtime.GOMAXPROCS(0)
	q.mu.Lock()
	if n == 1 {
		q.alone++
	}
	var heir *work
	if q.first != nil && q.busy <= slots {
		heir = q.pop()
	} else {
		q.busy--
	}
	q.mu.Unlock()
	if heir != nil {
		heir.turn <- true
	}
	q.crews.Put(c)
}
