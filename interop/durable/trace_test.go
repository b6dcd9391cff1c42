//go:build integration

package durable

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// syscall is one call in a trace. The order of the lines is that of the calls: strace is one thread, and a traced thread stands
// still at the beginning and at the end of a call until strace has written that down. So if one call ended on a line before
// the one on which another began, then it had ended when the other began.
type syscall struct {
	name     string
	thread   string
	path     string // of the first argument: a file, or socket:[N]
	data     string // the first string among the arguments
	cut      bool   // data is longer than strace was asked to write down
	offset   int64  // the last argument of pwrite64
	result   int64  // -1 for a failure, and for a call that has no end
	error    string // EIO; "" if it succeeded
	injected bool   // strace made the result up
	begun    int    // the line
	ended    int    // the line; past the last one for a call that has no end
}

// straceFlags write what parseTrace reads: strings and paths in hexadecimal, so that no byte in them can be taken for syntax.
var straceFlags = []string{
	"-f", "-tt", "-y", "-xx", "-s", "65536", "-e", "signal=none",
	"-e", "trace=read,write,pwrite64,recvfrom,sendto,fsync,fdatasync",
}

var (
	traceLine   = regexp.MustCompile(`^(\d+) +\d\d:\d\d:\d\d\.\d{6} (.*)$`)
	traceCall   = regexp.MustCompile(`^([a-z0-9]+)\((\d+)<((?:\\x[0-9a-f]{2})*)>(.*)\) += (-?\d+|\?)(?: ([A-Z0-9]+) \([^()]*(?:\([^()]*\)[^()]*)?\))?( \(INJECTED\))?$`)
	traceBegin  = regexp.MustCompile(`^([a-z0-9]+|\?\?\?)\((.*) <unfinished \.\.\.>$`)
	traceEnd    = regexp.MustCompile(`^<\.\.\. ([a-z0-9]+) resumed>(.*)$`)
	traceString = regexp.MustCompile(`^, "((?:\\x[0-9a-f]{2})*)"(\.\.\.)?(.*)$`)
	traceOffset = regexp.MustCompile(`^, \d+, (\d+)$`)
	traceExit   = regexp.MustCompile(`^\+\+\+ (exited with \d+|killed by SIG[A-Z0-9]+(?: \(core dumped\))?|superseded by execve in pid \d+) \+\+\+$`)
)

// parseTrace reads a trace. A call during which its thread has ended is left out: strace does not always learn its name. A line
// that parseTrace does not understand is an error: it might be the one that counts.
func parseTrace(r io.Reader) ([]syscall, error) {
	var calls []syscall
	open := map[string]struct {
		line int
		text string
	}{}
	lines := bufio.NewReader(r)
	for number := 1; ; number++ {
		line, err := lines.ReadString('\n')
		if err == io.EOF && line == "" {
			break
		}
		m := traceLine.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil || err != nil {
			return nil, fmt.Errorf("line %d is no line of a trace: %.200q", number, line)
		}
		thread, text, begun := m[1], m[2], number
		if traceExit.MatchString(text) {
			delete(open, thread)
			continue
		}
		if b := traceBegin.FindStringSubmatch(text); b != nil && !strings.HasPrefix(text, "<") {
			if _, busy := open[thread]; busy {
				return nil, fmt.Errorf("line %d: a second call of a thread in a call", number)
			}
			open[thread] = struct {
				line int
				text string
			}{number, b[1] + "(" + b[2]}
			continue
		}
		if e := traceEnd.FindStringSubmatch(text); e != nil {
			before, ok := open[thread]
			if !ok || !strings.HasPrefix(before.text, e[1]+"(") {
				return nil, fmt.Errorf("line %d: the end of a call that did not begin: %s", number, e[1])
			}
			delete(open, thread)
			begun = before.line
			if text = before.text + e[2]; strings.HasSuffix(text, " <unfinished ...>) = ?") {
				text = strings.TrimSuffix(text, " <unfinished ...>) = ?") + ") = ?"
			}
		}
		call, err := parseCall(text)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		call.thread, call.begun, call.ended = thread, begun, number
		calls = append(calls, call)
	}
	return calls, nil
}

func parseCall(text string) (c syscall, err error) {
	m := traceCall.FindStringSubmatch(text)
	if m == nil {
		return c, fmt.Errorf("no call: %.200q", text)
	}
	c.name, c.path, c.error, c.injected = m[1], unhex(m[3]), m[6], m[7] != ""
	if m[5] == "?" {
		c.result, c.error = -1, "?"
	} else if c.result, err = strconv.ParseInt(m[5], 10, 64); err != nil {
		return c, err
	}
	if (c.result < 0) != (c.error != "") {
		return c, fmt.Errorf("%s: result %d with error %q", c.name, c.result, c.error)
	}
	rest := m[4]
	switch c.name {
	case "fsync", "fdatasync":
		if rest != "" {
			return c, fmt.Errorf("%s has more than one argument", c.name)
		}
		return c, nil
	}
	s := traceString.FindStringSubmatch(rest)
	if s == nil {
		if c.result < 0 { // what was to be read is then an address
			return c, nil
		}
		return c, fmt.Errorf("%s without data: %.100q", c.name, rest)
	}
	c.data, c.cut = unhex(s[1]), s[2] != ""
	if c.name == "pwrite64" {
		o := traceOffset.FindStringSubmatch(s[3])
		if o == nil {
			return c, fmt.Errorf("pwrite64 without an offset: %.100q", s[3])
		}
		if c.offset, err = strconv.ParseInt(o[1], 10, 64); err != nil {
			return c, err
		}
	}
	return c, nil
}

// unhex decodes what the patterns have let through.
func unhex(s string) string {
	data, err := hex.DecodeString(strings.ReplaceAll(s, `\x`, ""))
	if err != nil {
		panic(err)
	}
	return string(data)
}

func TestParseTrace(t *testing.T) {
	const (
		wal   = `\x2f\x77`
		clock = " 12:00:00.000001 "
	)
	calls, err := parseTrace(strings.NewReader(strings.Join([]string{
		`7` + clock + `pwrite64(3<` + wal + `>, "\x61\x62", 2, 24) = 2`,
		`7` + clock + `fsync(3<` + wal + `> <unfinished ...>`,
		`8` + clock + `read(4<\x73>,  <unfinished ...>`,
		`7` + clock + `<... fsync resumed>) = -1 EIO (Input/output error) (INJECTED)`,
		`8` + clock + `<... read resumed>"\x47"..., 4096) = 3`,
		`9` + clock + `read(4<\x73>, 0xc000012000, 4096) = -1 EAGAIN (Resource temporarily unavailable)`,
		`8` + clock + `read(4<\x73>,  <unfinished ...>`,
		`8` + clock + `<... read resumed> <unfinished ...>) = ?`,
		`9` + clock + `???( <unfinished ...>`,
		`9` + clock + `+++ killed by SIGKILL +++`,
	}, "\n") + "\n"))
	require.NoError(t, err)
	require.Equal(t, []syscall{
		{name: "pwrite64", thread: "7", path: "/w", data: "ab", offset: 24, result: 2, begun: 1, ended: 1},
		{name: "fsync", thread: "7", path: "/w", result: -1, error: "EIO", injected: true, begun: 2, ended: 4},
		{name: "read", thread: "8", path: "s", data: "G", cut: true, result: 3, begun: 3, ended: 5},
		{name: "read", thread: "9", path: "s", result: -1, error: "EAGAIN", begun: 6, ended: 6},
		{name: "read", thread: "8", path: "s", result: -1, error: "?", begun: 7, ended: 8},
	}, calls)

	for name, line := range map[string]string{
		"not a trace":           `hello`,
		"cut off":               `7` + clock + `fsync(3<` + wal + `>`,
		"no time":               `7 fsync(3<` + wal + `>) = 0`,
		"end without beginning": `7` + clock + `<... fsync resumed>) = 0`,
		"end of another":        `7` + clock + "read(3<>,  <unfinished ...>\n7" + clock + `<... fsync resumed>) = 0`,
		"two at once":           `7` + clock + "read(3<>,  <unfinished ...>\n7" + clock + `read(3<>,  <unfinished ...>`,
		"unknown and going on":  `7` + clock + "???( <unfinished ...>\n7" + clock + `fsync(3<` + wal + `> <unfinished ...>`,
		"unknown with an end":   `7` + clock + "???( <unfinished ...>\n7" + clock + `<... ??? resumed>) = 0`,
		"no path":               `7` + clock + `fsync(3) = 0`,
		"more arguments":        `7` + clock + `fsync(3<` + wal + `>, 1) = 0`,
		"failed without error":  `7` + clock + `fsync(3<` + wal + `>) = -1`,
		"text":                  `7` + clock + `write(3<` + wal + `>, "ab", 2) = 2`,
		"no data":               `7` + clock + `write(3<` + wal + `>, 0xc000, 2) = 2`,
		"no offset":             `7` + clock + `pwrite64(3<` + wal + `>, "\x61", 1) = 1`,
		"a signal":              `7` + clock + `--- SIGURG {si_signo=SIGURG} ---`,
		"no last line break":    `7` + clock + `fsync(3<` + wal + `>) = 0` + "\n" + `7` + clock + `fsy`,
	} {
		_, err := parseTrace(strings.NewReader(line + "\n"))
		require.Error(t, err, name)
	}
}
