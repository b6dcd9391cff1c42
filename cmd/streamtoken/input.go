package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"regexp"
	"runtime"
	"strings"
)

// Bounds on what is read whole.
const (
	maxKeyFileBytes   = 1 << 20  // 1 MiB: more than a key in any form, so that a hint can tell what a wrong file holds
	maxRulesFileBytes = 1 << 20  // 1 MiB
	maxTokenArgBytes  = 64 << 10 // 64 KiB: a token of 8 KiB inside a long URL
)

// stdinName is what "-" is called in messages.
const stdinName = "standard input"

// checkFileName refuses a value that holds a secret where the name of a file belongs, without repeating it.
func checkFileName(what, value string) error {
	switch {
	case value == "":
		return usagef("%s is empty: it names a file", what)
	case strings.Contains(value, "://"):
		return usagef("%s takes the name of a file, not a URL", what)
	case looksLikeSecret(value):
		return withHint(usagef("%s takes the name of a file, not its content", what),
			"a command line is seen by other users and kept in the shell's history: put the content into a file, or pass it on standard input with -")
	}
	return nil
}

var hex64 = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)

// looksLikeSecret tells a key or token, in any of the forms in which they are handed out, from the name of a file.
func looksLikeSecret(s string) bool {
	t := strings.TrimSpace(s)
	if _, err := netip.ParseAddrPort(t); err == nil { // [::1]:8787 is no JSON
		return false
	}
	if hex64.MatchString(t) { // a TURN key, or a master key
		return true
	}
	for _, prefix := range []string{
		"-----BEGIN", "{", "[", // PEM, JWK, a list
		"LS0tLS1", "eyJ", "ewog", "ewo", // the same after base64, and a token
	} {
		if strings.HasPrefix(t, prefix) {
			return true
		}
	}
	if strings.Contains(s, "://") {
		_, _, err := tokenInURL(s)
		return err == nil
	}
	return strings.ContainsAny(s, "\r\n\x00") || strings.Contains(s, "PRIVATE KEY") || len(s) > 1024
}

// readInput reads the file called name, or standard input if it is "-". what says what it holds.
func (env *environment) readInput(name, what string, limit int64) ([]byte, error) {
	var r io.Reader = env.stdin
	from := stdinName
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, fileError("read", what, name, err)
		}
		defer f.Close()
		r, from = f, name
	}
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return nil, fileError("read", what, from, err)
	case int64(len(data)) > limit:
		return nil, fileError("read", what, from, fmt.Errorf("it is larger than %d bytes", limit))
	case len(bytes.TrimSpace(data)) == 0:
		return nil, fileError("read", what, from, errors.New("it is empty"))
	}
	return data, nil
}

// warnIfExposed warns of a key file that other users can read.
func (env *environment) warnIfExposed(name string) {
	if name == "-" || runtime.GOOS == "windows" {
		return
	}
	if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		printWarning(env.stderr, fmt.Sprintf("%s can be read by other users (mode %04o); run: chmod 600 %s", name, info.Mode().Perm(), name))
	}
}

// fileError words what the operating system said about a file, or what is wrong with its size.
func fileError(verb, what, name string, err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	if name == stdinName {
		name = "from " + name
	}
	return fmt.Errorf("cannot %s the %s %s: %w", verb, what, name, err)
}

// tokenArgument gives the token that the command line or standard input holds, byte for byte, and, if it stood in a URL,
// the path after it.
func (env *environment) tokenArgument(args []string) (token, rest string, err error) {
	arg := "-"
	if len(args) > 0 {
		arg = args[0]
	}
	if arg == "-" {
		if len(args) == 0 && isTerminal(env.stdin) {
			printNote(env.stderr, "reading a token or URL from standard input")
		}
		data, err := io.ReadAll(io.LimitReader(env.stdin, maxTokenArgBytes+1))
		if err != nil {
			return "", "", fmt.Errorf("cannot read standard input: %w", err)
		}
		arg = strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	}
	if arg == "" {
		return "", "", usagef("the token is empty")
	}
	if strings.Contains(arg, "://") {
		return tokenInURL(arg)
	}
	return arg, "", nil
}

// tokenInURL gives the first path segment of a URL that has three parts, and the path after it, "" or beginning with a
// slash. Nothing is unescaped: in the token's segment the edge does not either.
func tokenInURL(url string) (token, rest string, err error) {
	_, path, _ := strings.Cut(url, "://")
	if i := strings.IndexAny(path, "?#"); i >= 0 {
		path = path[:i]
	}
	_, path, _ = strings.Cut(path, "/") // the host goes
	for more := true; more; {
		var s string
		if s, rest, more = strings.Cut(path, "/"); more {
			rest = "/" + rest
		}
		if strings.Count(s, ".") == 2 && s[0] != '.' && s[len(s)-1] != '.' && !strings.Contains(s, "..") {
			return s, rest, nil
		}
		path = strings.TrimPrefix(rest, "/")
	}
	return "", "", withHint(errors.New("the URL holds no token"),
		"a signed URL has the token, three parts with a dot between, as a path segment: https://HOST/TOKEN/manifest/video.m3u8",
		"a token that stands elsewhere is given by itself")
}

// isTerminal tells whether a reader or writer is one; a character device such as /dev/null counts, too.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
