package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
)

const (
	maxLineBytes  = 64 << 10  // 64 KiB: a line that is longer is refused, and skipped without being kept
	lineRoomBytes = 128 << 10 // what is read at once
)

var errLineTooLong = errors.New("is longer than 65536 bytes")

// lineReader gives the lines of a stream one after another.
type lineReader struct {
	r      *bufio.Reader
	number int64 // of the line that next gave, from 1
	end    int64 // how many bytes of the stream were read with it
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(r, lineRoomBytes)}
}

// next gives a line without its line break, which is LF or CRLF and may be missing after the last. It is good until the next
// call. Of a line that is too long there is errLineTooLong, once; io.EOF comes by itself. What was read of a line before any
// other error is dropped: it may be half a line.
func (l *lineReader) next() ([]byte, error) {
	line, err := l.r.ReadSlice('\n')
	n := len(line)
	long := false
	for errors.Is(err, bufio.ErrBufferFull) {
		long = true
		line, err = l.r.ReadSlice('\n')
		n += len(line)
	}
	if err != nil && (err != io.EOF || n == 0) {
		return nil, err
	}
	l.number++
	l.end += int64(n)
	line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	if long || len(line) > maxLineBytes {
		return nil, errLineTooLong
	}
	return line, nil
}

// aheadReader reads ahead of whoever reads it, and gives up when its context ends: a Read from a terminal or a pipe cannot
// be interrupted and would outlast the signal that is to end the program.
type aheadReader struct {
	ctx    context.Context
	blocks chan block
	free   chan []byte
	now    block
	rest   []byte // of now
}

// block is what one Read gave.
type block struct {
	data []byte
	err  error
}

// readAhead reads from r until an error, io.EOF among them, or until ctx ends. Then a Read from r that is under way is left
// behind.
func readAhead(ctx context.Context, r io.Reader) *aheadReader {
	const buffers = 3 // one that is read into, one that waits, one that is used up
	a := &aheadReader{ctx: ctx, blocks: make(chan block, buffers), free: make(chan []byte, buffers)}
	for range buffers {
		a.free <- make([]byte, lineRoomBytes)
	}
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case buf := <-a.free:
				n, err := r.Read(buf)
				a.blocks <- block{buf[:n], err} // there is room: no more blocks than buffers
				if err != nil {
					return
				}
			}
		}
	}()
	return a
}

// Read gives the context's error once it has ended, also while it waits.
func (a *aheadReader) Read(p []byte) (int, error) {
	if err := a.ctx.Err(); err != nil {
		return 0, err
	}
	for len(a.rest) == 0 {
		if a.now.err != nil {
			return 0, a.now.err
		}
		if a.now.data != nil {
			a.free <- a.now.data[:cap(a.now.data)]
			a.now.data = nil
		}
		select {
		case <-a.ctx.Done():
			return 0, a.ctx.Err()
		case a.now = <-a.blocks:
			a.rest = a.now.data
		}
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}
