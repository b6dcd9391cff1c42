package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/signer"
)

// fastMinter answers with "token-of-SUB", from another goroutine and with some lines in hand, as a Signer does.
type fastMinter struct{}

func (fastMinter) SignAll(ctx context.Context, claims iter.Seq[streamtoken.Claims]) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		work, stop, gone := make(chan streamtoken.Claims, 50), make(chan struct{}), make(chan struct{})
		go func() {
			defer close(gone)
			defer close(work)
			for c := range claims {
				select {
				case work <- c:
				case <-stop:
					return
				}
			}
		}()
		defer func() { close(stop); <-gone }() // a Signer's loop, too, ends after its sequence
		for {
			select {
			case <-ctx.Done():
				yield("", ctx.Err())
				return
			case c, ok := <-work:
				token, err := "token-of-"+c.Subject, error(nil)
				if c.Subject == "" || strings.HasPrefix(c.Subject, "bad") {
					token, err = "", errors.New("signer: sub: is refused")
				}
				if !ok || !yield(token, err) {
					return
				}
			}
		}
	}
}

// endingPipe is a pipe that breaks before a test waits for it for ever.
func endingPipe(t *testing.T) (*io.PipeReader, *io.PipeWriter) {
	r, w := io.Pipe()
	late := time.AfterFunc(30*time.Second, func() { w.CloseWithError(errors.New("nothing came through for half a minute")) })
	t.Cleanup(func() { require.True(t, late.Stop(), "the test waited too long") })
	return r, w
}

type batchOutput struct{ stdout, stderr bytes.Buffer }

func newBatch(in io.Reader) (*batch, *batchOutput) {
	var o batchOutput
	return &batch{mint: fastMinter{}, in: in, out: newLineWriter(&o.stdout, "to standard output"), stderr: &o.stderr}, &o
}

// Order is kept and every line accounted for, good, bad and empty ones mixed.
func TestBatchInOrder(t *testing.T) {
	var in, want, reports strings.Builder
	minted, refused, empty, line := 0, 0, 0, 0
	for i := range 20_000 {
		line++
		switch {
		case i%1000 == 500:
			fmt.Fprintf(&in, "../%d\n", i)
			fmt.Fprintf(&reports, "streamtoken: line %d: is neither", line)
			refused++
		case i%1000 == 501:
			fmt.Fprintf(&in, "bad%d\r\n", i)
			refused++
		case i%100 == 7:
			in.WriteString("\r\n")
			empty++
		case i%3 == 0:
			fmt.Fprintf(&in, "{\"sub\":\"v%d\"}\n", i)
			fmt.Fprintf(&want, "{\"sub\":\"v%d\",\"token\":\"token-of-v%d\"}\n", i, i)
			minted++
		default:
			fmt.Fprintf(&in, "v%d\n", i)
			fmt.Fprintf(&want, "{\"sub\":\"v%d\",\"token\":\"token-of-v%d\"}\n", i, i)
			minted++
		}
	}
	b, o := newBatch(strings.NewReader(in.String()))
	skipped, err := b.run(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, empty, skipped)
	require.EqualValues(t, minted, b.minted())
	require.EqualValues(t, refused, b.refused)
	require.EqualValues(t, line, b.out.done)
	require.True(t, want.String() == o.stdout.String())
	require.Equal(t, refused, strings.Count(o.stderr.String(), "\n"))
	require.Contains(t, o.stderr.String(), "streamtoken: line 501: is neither a JSON object nor an id")
	require.Contains(t, o.stderr.String(), "streamtoken: line 502: sub: is refused\n")
	require.NotContains(t, o.stderr.String(), "bad501")
}

func TestBatchReportsAreBounded(t *testing.T) {
	b, o := newBatch(strings.NewReader("v\n" + strings.Repeat("?\n", 5000)))
	_, err := b.run(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 5000, b.refused)
	require.EqualValues(t, 1, b.minted())
	require.EqualValues(t, 5001, b.out.done)
	require.Equal(t, maxReports+1, strings.Count(o.stderr.String(), "\n"))
	require.Contains(t, o.stderr.String(), "streamtoken: line 101: ")
	require.Contains(t, o.stderr.String(), "no more than 100 refused lines are named")
}

// Whoever writes a line and waits for its answer gets it.
func TestBatchAnswersLineByLine(t *testing.T) {
	data, err := os.ReadFile("../../testdata/keys/a.json")
	require.NoError(t, err)
	key, err := signer.ParseKey(data, "")
	require.NoError(t, err)
	s, err := signer.New(signer.Config{Key: key})
	require.NoError(t, err)
	inR, inW := endingPipe(t)
	outR, outW := endingPipe(t)
	b := &batch{mint: s, in: inR, out: newLineWriter(outW, "to standard output"), stderr: io.Discard}
	done := make(chan error, 1)
	go func() {
		_, err := b.run(t.Context())
		outW.Close()
		done <- err
	}()
	answers := bufio.NewReader(outR)
	for i := range 20 {
		_, err := fmt.Fprintf(inW, "v%d\n", i)
		require.NoError(t, err)
		answer, err := answers.ReadString('\n')
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(answer, fmt.Sprintf(`{"sub":"v%d","token":"eyJ`, i)))
	}
	inW.Close()
	_, err = answers.ReadByte()
	require.Equal(t, io.EOF, err)
	require.NoError(t, <-done)
}

// An interrupt ends a run that waits for input, and what was answered is written and accounted for.
func TestBatchInterrupted(t *testing.T) {
	r, w := endingPipe(t)
	defer w.Close()
	ctx, cancel := context.WithCancel(t.Context())
	b, o := newBatch(r)
	read := make(chan struct{})
	b.out.w = &notify{w: &o.stdout, after: 3, done: read}
	go func() {
		io.WriteString(w, "v1\n\nv2\nv3\nhalf of v4")
		<-read
		cancel()
	}()
	_, err := b.run(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, "{\"sub\":\"v1\",\"token\":\"token-of-v1\"}\n{\"sub\":\"v2\",\"token\":\"token-of-v2\"}\n{\"sub\":\"v3\",\"token\":\"token-of-v3\"}\n", o.stdout.String())
	require.EqualValues(t, 4, b.out.done)
}

// notify closes done once it has written so many lines.
type notify struct {
	w     io.Writer
	after int
	done  chan struct{}
}

func (n *notify) Write(p []byte) (int, error) {
	before := n.after
	if n.after -= bytes.Count(p, []byte("\n")); before > 0 && n.after <= 0 {
		defer close(n.done)
	}
	return n.w.Write(p)
}

// Wherever an interrupt comes, what is written is whole lines, in order, and as many as the run says: the rest of the input
// gives the rest of the output.
func TestBatchGoesOnAfterAnInterrupt(t *testing.T) {
	var in strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&in, "v%d\n", i)
		if i%7 == 0 {
			in.WriteString("\n?\n")
		}
	}
	whole, all := newBatch(strings.NewReader(in.String()))
	_, err := whole.run(t.Context())
	require.NoError(t, err)
	interrupted := 0
	for stop := 0; stop < 20_000; stop += 700 {
		ctx, cancel := context.WithCancel(t.Context())
		b, o := newBatch(strings.NewReader(in.String()))
		b.mint = cancelAfter{stop, cancel}
		if _, err := b.run(ctx); err != nil {
			require.ErrorIs(t, err, context.Canceled)
			interrupted++
		}
		first := o.stdout.String()
		rest := strings.SplitAfterN(in.String(), "\n", int(b.out.done)+1)[b.out.done]
		b, o = newBatch(strings.NewReader(rest))
		_, err := b.run(t.Context())
		require.NoError(t, err)
		require.True(t, first+o.stdout.String() == all.stdout.String(), "interrupted after %d", stop)
		cancel()
	}
	require.Positive(t, interrupted)
}

// cancelAfter cancels after so many answers, and goes on for a while.
type cancelAfter struct {
	n      int
	cancel func()
}

func (c cancelAfter) SignAll(ctx context.Context, claims iter.Seq[streamtoken.Claims]) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		n := 0
		for token, err := range (fastMinter{}).SignAll(ctx, claims) {
			if n == c.n {
				c.cancel()
			}
			n++
			if !yield(token, err) {
				return
			}
		}
	}
}

// An answer that cannot be written ends the run, though it waits for input.
func TestBatchCannotWrite(t *testing.T) {
	r, w := endingPipe(t)
	defer w.Close()
	go io.WriteString(w, "v1\n")
	b, _ := newBatch(r)
	b.out.w = &writes{}
	before := runtime.NumGoroutine()
	_, err := b.run(t.Context())
	require.EqualError(t, err, "cannot write to standard output: no space left on device")
	require.Zero(t, b.out.done)
	r.Close()
	eventually(t, func() bool { return runtime.NumGoroutine() < before+2 })
}

// Wherever a disk becomes full, the whole lines on it and those that the rest of the input gives are all there are, once.
func TestBatchGoesOnAfterAFullDisk(t *testing.T) {
	var in strings.Builder
	for i := range 12_000 {
		fmt.Fprintf(&in, "v%d\n", i)
		if i%7 == 0 {
			in.WriteString("\n?\n")
		}
	}
	whole, all := newBatch(strings.NewReader(in.String()))
	_, err := whole.run(t.Context())
	require.NoError(t, err)
	for room := 0; room < all.stdout.Len(); room += 30_011 {
		b, _ := newBatch(strings.NewReader(in.String()))
		disk := &writes{room: room}
		b.out.w = disk
		_, err := b.run(t.Context())
		require.ErrorIs(t, err, errFull.Err)
		written := strings.Join(disk.each, "")
		written = written[:strings.LastIndexByte(written, '\n')+1]
		require.EqualValues(t, strings.Count(written, "\n"), b.minted())
		rest := strings.SplitAfterN(in.String(), "\n", int(b.out.done)+1)[b.out.done]
		b, o := newBatch(strings.NewReader(rest))
		_, err = b.run(t.Context())
		require.NoError(t, err)
		require.True(t, written+o.stdout.String() == all.stdout.String(), "full after %d bytes", room)
	}
}

// That something could not be written is not lost in an interrupt that comes meanwhile, nor is the half line it left.
func TestBatchCannotWriteWhenInterrupted(t *testing.T) {
	r, w := endingPipe(t)
	defer w.Close()
	go io.WriteString(w, "v1\n")
	b, _ := newBatch(r)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	b.mint = endNotice{ended}
	b.out.w = &interruptedWriter{cancel, ended}
	_, err := b.run(ctx)
	require.EqualError(t, err, "cannot write to standard output: no space left on device")
	var hinted *hintedError
	require.ErrorAs(t, err, &hinted)
}

// interruptedWriter is interrupted, waits until who reads has seen that, and has no room for a whole line.
type interruptedWriter struct {
	interrupt func()
	ended     chan struct{}
}

func (w *interruptedWriter) Write([]byte) (int, error) {
	w.interrupt()
	<-w.ended
	return 10, errFull
}

// endNotice closes ended when the sequence has.
type endNotice struct{ ended chan struct{} }

func (e endNotice) SignAll(ctx context.Context, claims iter.Seq[streamtoken.Claims]) iter.Seq2[string, error] {
	return fastMinter{}.SignAll(ctx, func(yield func(streamtoken.Claims) bool) {
		defer close(e.ended)
		claims(yield)
	})
}

func TestBatchCannotRead(t *testing.T) {
	broken := errors.New("input/output error")
	r, w := io.Pipe()
	go func() {
		io.WriteString(w, "v1\nv2\nhalf")
		w.CloseWithError(broken)
	}()
	b, o := newBatch(r)
	_, err := b.run(t.Context())
	require.ErrorIs(t, err, broken)
	require.Equal(t, 2, strings.Count(o.stdout.String(), "\n"))
	require.EqualValues(t, 2, b.out.done)
}

func TestBatchShowsProgress(t *testing.T) {
	in := strings.Repeat("v\n", 999) + "?\n"
	b, o := newBatch(strings.NewReader(in))
	now := time.Unix(1000, 0)
	b.progress = newProgressLine(&o.stderr, func() time.Time { now = now.Add(time.Millisecond); return now }, int64(len(in)))
	_, err := b.run(t.Context())
	require.NoError(t, err)
	shown := o.stderr.String()
	require.Contains(t, shown, "\r500 minted, ")
	require.Contains(t, shown, " a second, 50 %, ")
	// The report of the last line stands on a line that was cleared, and nothing after it.
	cleared, report, ok := strings.Cut(shown, "streamtoken: line 1000: ")
	require.True(t, ok)
	require.True(t, strings.HasSuffix(cleared, " \r"))
	require.True(t, strings.HasSuffix(report, "\n") || strings.HasSuffix(report, " \r"))
}
