package main

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// usageError is a command line that was not understood: exit status 2.
type usageError struct{ msg string }

func (e *usageError) Error() string { return e.msg }

// usagef makes a usageError. Its text must not repeat an argument that could be a token or a key.
func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// hintedError is an error that comes with advice.
type hintedError struct {
	err   error
	hints []string
}

func (e *hintedError) Error() string { return e.err.Error() }
func (e *hintedError) Unwrap() error { return e.err }

// withHint adds advice to err: each hint a line of its own, lower case, without a full stop.
func withHint(err error, hints ...string) error {
	return &hintedError{err, hints}
}

// packageName is the name of the package of ours that worded an error: it means nothing to a user of the command.
var packageName = regexp.MustCompile(`(^|: )(?:(?:streamtoken|accessrules|geoip|signer|verifier|gate|middleware|edge|jwk|jws|strictjson|follow|bench|turn|moq|store|api|vector|rsavec): )+`)

// printError writes err for people, its advice below it, the innermost first. Of args, what looks like a key or a token
// is not repeated, whichever package worded the error.
func printError(w io.Writer, err error, args []string) {
	fmt.Fprintf(w, "streamtoken: error: %s\n", redact(packageName.ReplaceAllString(err.Error(), "$1"), args))
	var lines []string
	for e := err; e != nil; e = errors.Unwrap(e) {
		if h, ok := e.(*hintedError); ok {
			lines = append(append([]string{}, h.hints...), lines...)
		}
	}
	for _, line := range lines {
		printHint(w, redact(line, args))
	}
}

// redact takes out of text the arguments, and the values of flags, that look like a key or a token.
func redact(text string, args []string) string {
	for _, arg := range args {
		_, value, _ := strings.Cut(arg, "=")
		for _, s := range []string{arg, value} {
			if s != "" && looksLikeSecret(s) {
				text = strings.NewReplacer(strconv.Quote(s), "(not shown)", s, "(not shown)").Replace(text)
			}
		}
	}
	return text
}

func printHint(w io.Writer, hint string)       { fmt.Fprintf(w, "streamtoken: hint: %s\n", hint) }
func printWarning(w io.Writer, warning string) { fmt.Fprintf(w, "streamtoken: warning: %s\n", warning) }
func printNote(w io.Writer, note string)       { fmt.Fprintf(w, "streamtoken: %s\n", note) }

// flagError says what is wrong with the flags in words that never repeat a value: a key pasted in the wrong place
// ("-----BEGIN RSA PRIVATE KEY-----" looks like a flag) must not reach a log.
func flagError(cmd *cobra.Command, err error) error {
	var (
		unknown *pflag.NotExistError
		missing *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
	)
	switch {
	case errors.As(err, &unknown):
		if name := unknown.GetSpecifiedName(); isWord(name) {
			dashes := "--"
			if unknown.GetSpecifiedShortnames() != "" {
				dashes = "-"
			}
			return usagef("unknown flag %s%s", dashes, name)
		}
		return usagef("unknown flag")
	case errors.As(err, &missing):
		return usagef("--%s needs a value", missing.GetFlag().Name)
	case errors.As(err, &invalid):
		return usagef("--%s: the value is not %s", invalid.GetFlag().Name, describeType(invalid.GetFlag().Value.Type()))
	}
	return usagef("a flag is not well formed")
}

func describeType(t string) string {
	switch t {
	case "bool":
		return "true or false"
	case "int":
		return "a whole number"
	case "duration":
		return "a duration such as 30s or 5m"
	}
	return "valid"
}

// noCommand refuses the arguments of a command that only has subcommands.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if !isWord(args[0]) {
		return usagef("unknown command")
	}
	err := usagef("unknown command %q", args[0])
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return withHint(err, "did you mean "+strings.Join(near, " or ")+"?")
	}
	return err
}

// noArgs refuses any argument, naming none.
func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("this command takes no argument")
	}
	return nil
}

// oneArgAtMost refuses a second argument, naming none.
func oneArgAtMost(_ *cobra.Command, args []string) error {
	if len(args) > 1 {
		return withHint(usagef("more than one argument"), "quote an argument that contains spaces or shell characters")
	}
	return nil
}

// isWord tells whether s is short and plain enough to be shown back: no token and no key is.
func isWord(s string) bool {
	if s == "" || len(s) > 24 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && c != '-' {
			return false
		}
	}
	return true
}
