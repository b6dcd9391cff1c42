package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

const outputRoomBytes = 256 << 10 // what is written at once

// lineWriter writes the answers of a batch, always whole lines at once, so that whoever reads along or finds the file after
// a crash sees no half a line.
type lineWriter struct {
	w    io.Writer
	file *os.File // w, if it is a file of this run alone; nil otherwise
	name string   // for messages
	buf  []byte

	bytes   int64   // written
	written int64   // answers of these
	waiting []int64 // the lines of the input that are answered in buf
	done    int64   // the last line of the input that is answered by what was written, or was refused
	passed  int64   // the last one that is, with what waits in buf
}

func newLineWriter(w io.Writer, name string) *lineWriter {
	return &lineWriter{w: w, name: name, buf: make([]byte, 0, outputRoomBytes)}
}

// add answers line number line of the input. sub is a valid subject and token a token: neither has a character that JSON
// escapes.
func (o *lineWriter) add(line int64, sub, token string) error {
	const around = len(`{"sub":"","token":""}` + "\n")
	if len(o.buf)+len(sub)+len(token)+around > cap(o.buf) {
		if err := o.flush(); err != nil {
			return err
		}
	}
	o.buf = append(o.buf, `{"sub":"`...)
	o.buf = append(o.buf, sub...)
	o.buf = append(o.buf, `","token":"`...)
	o.buf = append(o.buf, token...)
	o.buf = append(o.buf, `"}`+"\n"...)
	o.waiting = append(o.waiting, line)
	o.passed = line
	return nil
}

// pass notes that line number line of the input gets no answer.
func (o *lineWriter) pass(line int64) { o.passed = line }

// flush writes what waits.
func (o *lineWriter) flush() error {
	if len(o.buf) > 0 {
		n, err := o.w.Write(o.buf)
		if err != nil {
			return o.fail(n, err)
		}
		o.count(n, len(o.waiting))
	}
	o.done = o.passed
	return nil
}

// count notes that answers were written in n bytes, and forgets what waits.
func (o *lineWriter) count(n, answers int) {
	o.bytes, o.written = o.bytes+int64(n), o.written+int64(answers)
	o.buf, o.waiting = o.buf[:0], o.waiting[:0]
}

// fail is for a Write that ended with err after n bytes, as on a disk that is full. The whole lines of these are answers as
// any others. Half a line after them is cut off again in a file of this run; elsewhere it can only be told.
func (o *lineWriter) fail(n int, err error) error {
	err = fmt.Errorf("cannot write %s: %w", o.name, plainPathError(err))
	answers := bytes.Count(o.buf[:n], []byte("\n"))
	whole := bytes.LastIndexByte(o.buf[:n], '\n') + 1
	if answers > 0 {
		o.done = o.waiting[answers-1]
	}
	o.passed = o.done
	o.count(whole, answers) // no second attempt
	switch {
	case whole == n:
	case o.file != nil:
		err = errors.Join(err, o.file.Truncate(o.bytes))
	default:
		err = withHint(err, "its last line is only half a line: take it away before anything is added")
	}
	return err
}

// plainPathError leaves out what the caller says anyhow: the operation and the file.
func plainPathError(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// openOutput makes the writer of the answers: to the new file called name, which only its owner can read, or to standard
// output if name is "" or "-". finish puts a file on stable storage and closes it.
func (env *environment) openOutput(name string) (o *lineWriter, finish func() error, err error) {
	if name == "" || name == "-" {
		return newLineWriter(env.stdout, "to standard output"), func() error { return nil }, nil
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil, nil, withHint(fmt.Errorf("%s exists and is not overwritten", name), "choose another name")
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, fmt.Errorf("cannot create %s: there is no directory %s", name, filepath.Dir(name))
	case err != nil:
		return nil, nil, fileError("create", "file", name, err)
	}
	o = newLineWriter(f, name)
	o.file = f
	return o, func() error {
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			err = fmt.Errorf("cannot write %s: %w", name, plainPathError(err))
			return withHint(err, "how much of it the disk holds is not known: mint everything again, into another file")
		}
		return nil
	}, nil
}
