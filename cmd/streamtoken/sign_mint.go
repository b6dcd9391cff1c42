package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"

	streamtoken "github.com/streamtoken/streamtoken"
)

// maxReports is how many refused lines are named; the others are only counted, so that a file of another kind does not fill a
// disk with what is wrong with it.
const maxReports = 100

// bulkMinter is what mints a batch: a *signer.Signer.
type bulkMinter interface {
	SignAll(ctx context.Context, claims iter.Seq[streamtoken.Claims]) iter.Seq2[string, error]
}

// batch is one run from lines to tokens.
type batch struct {
	mint     bulkMinter
	in       io.Reader
	defaults streamtoken.Claims // what a line does not say
	out      *lineWriter
	stderr   io.Writer
	progress *progressLine // nil: none

	refused, long int64  // long: with a sub longer than Stream's own are
	doubtful      int64  // minted, with rules of their own that may not do what was meant
	doubt         string // of the first of them
}

// batchLine is a line that waits for its answer.
type batchLine struct {
	line, end int64 // its number, and how many bytes of the input were read with it
	sub       string
	finding   string // of its own rules
	err       error  // why it gets no token, whatever becomes of its claims
}

// lineQueue holds the lines that are being minted, in order. Its length is not bounded here: it has no more than the minter
// has taken and not answered, which is bounded there, and a second bound could only be wrong.
type lineQueue struct {
	mu      sync.Mutex
	ring    []batchLine
	head, n int
	empty   int64 // lines without anything
	err     error // why there are no more lines; nil: at the end of the input
}

func (q *lineQueue) push(a batchLine) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.n == len(q.ring) {
		ring := make([]batchLine, max(64, 2*q.n))
		for i := range q.n {
			ring[i] = q.ring[(q.head+i)%len(q.ring)]
		}
		q.ring, q.head = ring, 0
	}
	q.ring[(q.head+q.n)%len(q.ring)] = a
	q.n++
}

// pop gives the oldest line, and whether it was the last one for now; ok is false if there is none.
func (q *lineQueue) pop() (a batchLine, last, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.n == 0 {
		return batchLine{}, true, false
	}
	a, q.ring[q.head] = q.ring[q.head], batchLine{}
	q.head = (q.head + 1) % len(q.ring)
	q.n--
	return a, q.n == 0, true
}

// skip counts a line without anything.
func (q *lineQueue) skip() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.empty++
}

// fail says why there are no more lines.
func (q *lineQueue) fail(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.err = err
}

func (q *lineQueue) ended() (skipped int64, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.empty, q.err
}

// claims gives one Claims for each line that is not empty, and notes in q what it belongs to. A line that cannot be read gives
// the zero Claims, which no signer mints, so that its error keeps its place among the answers.
func (b *batch) claims(ctx context.Context, q *lineQueue) iter.Seq[streamtoken.Claims] {
	return func(yield func(streamtoken.Claims) bool) {
		lines := newLineReader(readAhead(ctx, b.in))
		reader := claimReader{defaults: b.defaults}
		for {
			line, err := lines.next()
			if err != nil && err != errLineTooLong {
				if err != io.EOF {
					q.fail(err)
				}
				return
			}
			if err == nil && len(line) == 0 {
				q.skip()
				continue
			}
			var c streamtoken.Claims
			if err == nil {
				c, err = reader.read(lines.number, line)
			}
			q.push(batchLine{line: lines.number, end: lines.end, sub: c.Subject, finding: reader.finding, err: err})
			if !yield(c) {
				return
			}
		}
	}
}

// run mints until the input or ctx ends, or an answer cannot be written. What was answered before an error is written, and
// b.out.done tells how far that goes.
func (b *batch) run(ctx context.Context) (skipped int64, err error) {
	// Who waits for input must be told of an answer that cannot be written before the loop below ends: it waits for them.
	loop, stop := context.WithCancel(ctx)
	defer stop()
	var q lineQueue
	for token, refused := range b.mint.SignAll(loop, b.claims(loop, &q)) {
		if refused != nil && ctx.Err() != nil && errors.Is(refused, ctx.Err()) {
			break // the answer to no line
		}
		if err = b.take(&q, token, refused); err != nil {
			stop()
			break
		}
	}
	b.progress.clear()
	if e := b.out.flush(); err == nil {
		err = e
	}
	skipped, unread := q.ended()
	switch {
	case err != nil: // comes before why reading ended, which it may be the reason of
	case ctx.Err() != nil:
		err = ctx.Err()
	default:
		err = unread
	}
	return skipped, err
}

// take answers the oldest line of q.
func (b *batch) take(q *lineQueue, token string, refused error) error {
	a, last, ok := q.pop()
	if !ok {
		return errors.New("an answer without a line")
	}
	if a.err != nil {
		refused = a.err
	}
	if refused != nil {
		b.refuse(a.line, refused)
	} else if err := b.answer(a, token); err != nil {
		return err
	}
	if last { // whoever feeds line after line and waits for each answer gets it
		if err := b.out.flush(); err != nil {
			return err
		}
	}
	b.progress.show(b.minted(), b.refused, a.end)
	return nil
}

func (b *batch) answer(a batchLine, token string) error {
	if err := b.out.add(a.line, a.sub, token); err != nil {
		return err
	}
	if len(a.sub) > streamtoken.StreamSubjectBytes {
		b.long++
	}
	if a.finding != "" {
		if b.doubtful++; b.doubtful == 1 {
			b.doubt = fmt.Sprintf("line %d: %s", a.line, a.finding)
		}
	}
	return nil
}

// minted is how many tokens there are; after run, how many of them are written.
func (b *batch) minted() int64 { return b.out.written + int64(len(b.out.waiting)) }

// refuse reports a line without anything that stands in it.
func (b *batch) refuse(line int64, err error) {
	b.out.pass(line)
	if b.refused++; b.refused > maxReports {
		return
	}
	b.progress.clear()
	printNote(b.stderr, fmt.Sprintf("line %d: %s", line, reason(err)))
	if b.refused == maxReports {
		printNote(b.stderr, fmt.Sprintf("no more than %d refused lines are named; further ones are counted", maxReports))
	}
}
