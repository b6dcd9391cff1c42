package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

const progressEvery = 500 * time.Millisecond

// progressLine is one line on a terminal that is written again and again.
type progressLine struct {
	w     io.Writer
	clock func() time.Time
	size  int64 // of the input in bytes; 0: not known

	start, last time.Time
	shown       int // characters on the terminal now
}

func newProgressLine(w io.Writer, clock func() time.Time, size int64) *progressLine {
	now := clock()
	return &progressLine{w: w, clock: clock, size: size, start: now, last: now}
}

// show writes the line if it is time. read is how many bytes of the input are done. A nil progressLine shows nothing.
func (p *progressLine) show(minted, refused, read int64) {
	if p == nil {
		return
	}
	now := p.clock()
	if now.Sub(p.last) < progressEvery {
		return
	}
	p.last = now
	text := p.text(now.Sub(p.start), minted, refused, read)
	fmt.Fprint(p.w, "\r", text, strings.Repeat(" ", max(0, p.shown-len(text))))
	p.shown = len(text)
}

func (p *progressLine) text(took time.Duration, minted, refused, read int64) string {
	text := fmt.Sprintf("%d minted", minted)
	if refused > 0 {
		text += fmt.Sprintf(", %d refused", refused)
	}
	text += fmt.Sprintf(", %d a second", perSecond(minted, took))
	if 0 < read && read <= p.size { // a file may grow meanwhile
		left := time.Duration(float64(took) * float64(p.size-read) / float64(read))
		text += fmt.Sprintf(", %d %%, %s left", 100*read/p.size, left.Round(time.Second))
	}
	return text
}

// clear takes the line from the terminal, so that other words may be written.
func (p *progressLine) clear() {
	if p != nil && p.shown > 0 {
		fmt.Fprint(p.w, "\r", strings.Repeat(" ", p.shown), "\r")
		p.shown = 0
	}
}

// perSecond is a rate in whole numbers; 0 if no time has passed.
func perSecond(n int64, took time.Duration) int64 {
	if took <= 0 {
		return 0
	}
	return int64(float64(n) / took.Seconds())
}
