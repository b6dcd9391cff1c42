package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

// eachCommand calls f for every command of the tree that a user may name.
func eachCommand(t *testing.T, f func(t *testing.T, cmd *cobra.Command)) {
	t.Helper()
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		t.Run(strings.ReplaceAll(cmd.CommandPath(), " ", "_"), func(t *testing.T) { f(t, cmd) })
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk(newRootCommand(testEnvironment("")))
}

// The help, written by hand, names exactly the flags there are, in a terminal's width, and ends with an example.
func TestHelpIsComplete(t *testing.T) {
	named := regexp.MustCompile(`(?m)^(?:  -\w, |      )--([a-z-]+)`)
	eachCommand(t, func(t *testing.T, cmd *cobra.Command) {
		var want, got []string
		cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if f.Name != "help" {
				want = append(want, f.Name)
			}
		})
		for _, m := range named.FindAllStringSubmatch(cmd.Long, -1) {
			got = append(got, m[1])
		}
		require.ElementsMatch(t, want, got)
		require.Regexp(t, `(?s)\nExample:\n(  [^\n]+\n)+$`, cmd.Long)
		require.Contains(t, cmd.Long, "\nUsage:\n  "+cmd.CommandPath())
		for line := range strings.Lines(cmd.Long) {
			require.LessOrEqual(t, len(line), 101, line)
			for _, r := range line {
				require.Less(t, r, rune(0x7f), line)
			}
		}
	})
}

// At most four flags stand before "Advanced".
func TestHelpIsShortForDayOne(t *testing.T) {
	eachCommand(t, func(t *testing.T, cmd *cobra.Command) {
		_, flags, _ := strings.Cut(cmd.Long, "\nFlags:\n")
		flags, _, _ = strings.Cut(flags, "\n\n")
		require.LessOrEqual(t, strings.Count("\n"+flags, "  --"), 4)
	})
}

func TestEveryCommandIsListed(t *testing.T) {
	root := newRootCommand(testEnvironment(""))
	for _, cmd := range root.Commands() {
		require.Regexp(t, `(?m)^  `+cmd.Name()+`( lint)?  +\S`, rootHelp)
	}
}

// testEnvironment reads stdin from a string and keeps what is written.
func testEnvironment(stdin string) *environment {
	return &environment{
		stdin:  strings.NewReader(stdin),
		stdout: &bytes.Buffer{},
		stderr: &bytes.Buffer{},
		getenv: func(string) string { return "" },
		now:    testOnlyClock(),
	}
}
