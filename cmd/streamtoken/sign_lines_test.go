package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// allLines gives what a lineReader reads, long lines as "TOO LONG".
func allLines(r io.Reader) (lines []string, numbers, ends []int64, err error) {
	l := newLineReader(r)
	for {
		line, err := l.next()
		switch {
		case err == errLineTooLong:
			line = []byte("TOO LONG")
		case err != nil:
			return lines, numbers, ends, err
		}
		lines, numbers, ends = append(lines, string(line)), append(numbers, l.number), append(ends, l.end)
	}
}

func TestLines(t *testing.T) {
	full := strings.Repeat("x", maxLineBytes)
	for name, c := range map[string]struct {
		in   string
		want []string
	}{
		"nothing":                    {"", nil},
		"one":                        {"a\n", []string{"a"}},
		"the last without its break": {"a\nb", []string{"a", "b"}},
		"CRLF":                       {"a\r\nb\r\n", []string{"a", "b"}},
		"empty ones":                 {"\n\r\n\na\n\n", []string{"", "", "", "a", ""}},
		"one CR is part of a line":   {"a\rb\r\r\n", []string{"a\rb\r"}},
		"NUL":                        {"a\x00b\n", []string{"a\x00b"}},
		"the longest":                {full + "\nb\n", []string{full, "b"}},
		"the longest, CRLF":          {full + "\r\nb\n", []string{full, "b"}},
		"one more":                   {"a\n" + full + "x\nb\n", []string{"a", "TOO LONG", "b"}},
		"longer than the buffer":     {strings.Repeat(full, 7) + "\nb\n", []string{"TOO LONG", "b"}},
		"longer, without its break":  {"a\n" + strings.Repeat(full, 7), []string{"a", "TOO LONG"}},
		"exactly the buffer":         {strings.Repeat("x", lineRoomBytes) + "\nb", []string{"TOO LONG", "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			for how, r := range map[string]io.Reader{
				"whole": strings.NewReader(c.in), "halves": iotest.HalfReader(strings.NewReader(c.in)), "with its end": iotest.DataErrReader(strings.NewReader(c.in)),
			} {
				lines, numbers, ends, err := allLines(r)
				require.Equal(t, io.EOF, err)
				require.Equal(t, c.want, lines, how)
				for i := range lines {
					require.EqualValues(t, i+1, numbers[i])
				}
				if len(ends) > 0 {
					require.EqualValues(t, len(c.in), ends[len(ends)-1])
				}
			}
		})
	}
}

// Half a line before an error is nobody's line.
func TestLinesBeforeAnError(t *testing.T) {
	broken := errors.New("broken")
	lines, _, _, err := allLines(io.MultiReader(strings.NewReader("a\nb\nhalf"), iotest.ErrReader(broken)))
	require.Equal(t, broken, err)
	require.Equal(t, []string{"a", "b"}, lines)
}

// Lines are what lies between line breaks, read in whatever pieces.
func FuzzLines(f *testing.F) {
	for _, s := range []string{"", "a", "a\n", "a\r\nb", "\n\n\r\n", "\r", "a\x00\xff\n{}", strings.Repeat("x", maxLineBytes+1) + "\ny"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		var want []string
		for line := range strings.Lines(in) {
			line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
			if len(line) > maxLineBytes {
				line = "TOO LONG"
			}
			want = append(want, line)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		for _, r := range []io.Reader{strings.NewReader(in), readAhead(ctx, iotest.HalfReader(strings.NewReader(in)))} {
			got, _, _, err := allLines(r)
			if err != io.EOF || strings.Join(got, "\n") != strings.Join(want, "\n") || len(got) != len(want) {
				t.Fatalf("%q instead of %q", got, want)
			}
		}
	})
}

func TestReadAhead(t *testing.T) {
	var in bytes.Buffer
	for range 50_000 {
		in.WriteString("0123456789abcdef\n")
	}
	want := in.String()
	got, err := io.ReadAll(readAhead(t.Context(), iotest.HalfReader(&in)))
	require.NoError(t, err)
	require.Equal(t, len(want), len(got))
	require.True(t, want == string(got))
}

// What was read ahead is not given once the context has ended.
func TestReadAheadEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	a := readAhead(ctx, strings.NewReader("some"))
	_, err := a.Read(make([]byte, 1))
	require.NoError(t, err)
	cancel()
	_, err = a.Read(make([]byte, 1))
	require.ErrorIs(t, err, context.Canceled)
}

// A Read that nothing ever comes to is left when the context ends.
func TestReadAheadIsInterrupted(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithCancel(t.Context())
	a := readAhead(ctx, r)
	go func() {
		w.Write([]byte("some"))
		cancel()
	}()
	got, err := io.ReadAll(a)
	require.ErrorIs(t, err, context.Canceled)
	require.Contains(t, []string{"", "some"}, string(got))
	_, err = a.Read(make([]byte, 1))
	require.ErrorIs(t, err, context.Canceled)
}
