package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// writes keeps each Write, and fails when it has room for no more bytes, as a disk does: after writing what still fits.
type writes struct {
	each []string
	room int
}

var errFull = &os.PathError{Op: "write", Path: "/dev/stdout", Err: errors.New("no space left on device")}

func (w *writes) Write(p []byte) (int, error) {
	if len(p) > w.room {
		n := w.room
		w.each, w.room = append(w.each, string(p[:n])), 0
		return n, errFull
	}
	w.room -= len(p)
	w.each = append(w.each, string(p))
	return len(p), nil
}

// Each Write has whole lines only.
func TestWholeLines(t *testing.T) {
	w := &writes{room: 1 << 30}
	o := newLineWriter(w, "to standard output")
	var want strings.Builder
	for i := range 5000 {
		sub, token := fmt.Sprint("v", i), strings.Repeat("t", 300+i%700)
		require.NoError(t, o.add(int64(i+1), sub, token))
		fmt.Fprintf(&want, "{\"sub\":\"%s\",\"token\":\"%s\"}\n", sub, token)
	}
	require.NoError(t, o.flush())
	require.Greater(t, len(w.each), 5)
	for _, one := range w.each {
		require.True(t, strings.HasPrefix(one, "{") && strings.HasSuffix(one, "}\n"))
	}
	require.True(t, want.String() == strings.Join(w.each, ""))
	require.EqualValues(t, 5000, o.done)
	require.EqualValues(t, want.Len(), o.bytes)
}

// What was not written is not said to be done.
func TestFullDisk(t *testing.T) {
	w := &writes{room: 300_000}
	o := newLineWriter(w, "to standard output")
	var err error
	line := int64(0)
	for err == nil {
		line++
		err = o.add(line, "v", strings.Repeat("t", 1000))
	}
	require.EqualError(t, err, "cannot write to standard output: no space left on device")
	whole := strings.Count(strings.Join(w.each, ""), "\n")
	require.Greater(t, whole, strings.Count(w.each[0], "\n")) // the disk took some of the last attempt
	require.EqualValues(t, whole, o.done)
	require.Less(t, o.done, line-1)
	require.Equal(t, o.done, o.written)
	w.room = 1 << 20
	require.NoError(t, o.flush())
	require.Len(t, w.each, 2) // nothing after a hole
	require.EqualValues(t, whole, o.done)
}

// A file of our own is cut off after the last whole line.
func TestFullDiskInAFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "tokens.jsonl")
	o, finish, err := testEnvironment("").openOutput(name)
	require.NoError(t, err)
	require.NoError(t, o.add(1, "v", "first"))
	require.NoError(t, o.flush())
	o.w = &halfWriter{o.file}
	for line := range int64(3) {
		require.NoError(t, o.add(line+3, "v", "later"))
	}
	require.ErrorContains(t, o.flush(), "no space left on device")
	require.NoError(t, finish())
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, "{\"sub\":\"v\",\"token\":\"first\"}\n{\"sub\":\"v\",\"token\":\"later\"}\n", string(data))
	require.EqualValues(t, 3, o.done)
	info, err := os.Stat(name)
	require.NoError(t, err)
	require.Zero(t, info.Mode().Perm()&0o077)
}

// What was written before a file fails to reach the disk is not known, and no line said to be done.
func TestFileIsNotKept(t *testing.T) {
	o, finish, err := testEnvironment("").openOutput(filepath.Join(t.TempDir(), "tokens.jsonl"))
	require.NoError(t, err)
	require.NoError(t, o.file.Close())
	var said bytes.Buffer
	printError(&said, finish(), nil)
	require.Contains(t, said.String(), "streamtoken: error: cannot write ")
	require.Contains(t, said.String(), "streamtoken: hint: how much of it the disk holds is not known: mint everything again, into another file\n")
}

// halfWriter writes half of what it is given.
type halfWriter struct{ f *os.File }

func (h *halfWriter) Write(p []byte) (int, error) {
	n, err := h.f.Write(p[:len(p)/2])
	return n, errors.Join(errFull, err)
}

func TestOutputIsNeverOverwritten(t *testing.T) {
	name := filepath.Join(t.TempDir(), "there")
	require.NoError(t, os.WriteFile(name, []byte("mine"), 0o600))
	_, _, err := testEnvironment("").openOutput(name)
	require.ErrorContains(t, err, "exists and is not overwritten")
	_, _, err = testEnvironment("").openOutput(filepath.Join(name, "below"))
	require.Error(t, err)
	_, _, err = testEnvironment("").openOutput(filepath.Join(t.TempDir(), "no", "file"))
	require.ErrorContains(t, err, "there is no directory")
	env := testEnvironment("")
	o, finish, err := env.openOutput("-")
	require.NoError(t, err)
	require.NoError(t, o.add(1, "v", "t"))
	require.NoError(t, o.flush())
	require.NoError(t, finish())
	require.Equal(t, "{\"sub\":\"v\",\"token\":\"t\"}\n", env.stdout.(*bytes.Buffer).String())
}
