package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
)

// Bounds on what is read whole.
const (
	maxKeyFileBytes   = 1 << 20  // 1 MiB: thousands of public keys
	maxRulesFileBytes = 1 << 20  // 1 MiB
	maxTokenArgBytes  = 64 << 10 // 64 KiB: a token of 8 KiB inside a long URL
)

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

// looksLikeSecret tells a key or token, in any of the forms in which they are handed out, from the name of a file.
func looksLikeSecret(s string) bool {
	t := strings.TrimSpace(s)
	for _, prefix := range []string{
		"-----BEGIN", "{", "[", // PEM, JWK, a list
		"LS0tLS1", "eyJ", "ewog", "ewo", // the same after base64, and a token
	} {
		if strings.HasPrefix(t, prefix) {
			return true
		}
	}
	if strings.Contains(s, "://") {
		_, err := tokenInURL(s)
		return err == nil
	}
	return strings.ContainsAny(s, "\r\n\x00") || strings.Contains(s, "PRIVATE KEY") || len(s) > 1024
}

// readInput reads the file called name, or standard input if it is "-". what says what it holds.
func (env *environment) readInput(name, what string, limit int64) ([]byte, error) {
	var r io.Reader = env.stdin
	from := "standard input"
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
		return nil, fmt.Errorf("the %s in %s is larger than %d bytes", what, from, limit)
	case len(bytes.TrimSpace(data)) == 0:
		return nil, fmt.Errorf("the %s in %s is empty", what, from)
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

// fileError words what the operating system said about a file.
func fileError(verb, what, name string, err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("cannot %s the %s %s: %w", verb, what, name, err)
}

// tokenArgument gives the token that the command line or standard input holds, byte for byte.
func (env *environment) tokenArgument(args []string) (string, error) {
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
			return "", fmt.Errorf("cannot read standard input: %w", err)
		}
		arg = strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	}
	if arg == "" {
		return "", usagef("the token is empty")
	}
	if strings.Contains(arg, "://") {
		return tokenInURL(arg)
	}
	return arg, nil
}

// tokenInURL gives the first path segment of a URL that has three parts. Nothing is unescaped: the edge does not either.
func tokenInURL(url string) (string, error) {
	_, rest, _ := strings.Cut(url, "://")
	if i := strings.IndexAny(rest, "?#"); i >= 0 {
		rest = rest[:i]
	}
	segments := strings.Split(rest, "/")
	for _, s := range segments[1:] { // the first is the host
		if strings.Count(s, ".") == 2 && s[0] != '.' && s[len(s)-1] != '.' && !strings.Contains(s, "..") {
			return s, nil
		}
	}
	return "", withHint(errors.New("the URL holds no token"),
		"a signed URL has the token, three parts with a dot between, as a path segment: https://HOST/TOKEN/manifest/video.m3u8")
}

func isTerminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
