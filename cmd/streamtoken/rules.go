package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/streamtoken/streamtoken/accessrules"
)

const rulesHelp = `Work with access rules.

Usage:
  streamtoken rules lint [FILE|-] [flags]

Commands:
  lint   warn of access rules that look restrictive and are not

Example:
  streamtoken rules lint rules.json
`

const rulesLintHelp = `Warn of access rules that look restrictive and are not.

Usage:
  streamtoken rules lint [FILE|-] [flags]

Flags:
      --json   print an array of {"code","rule","message"}, empty when nothing was found

FILE holds the rules as a JSON array, as in the token; without it, or with "-", standard input is
read. Rules are numbered from 0; findings about the list as a whole have rule -1. The exit status is
0 whether or not there are any.

Example:
  echo '[{"type":"ip.geoip.country","action":"allow","country":["US"]}]' | streamtoken rules lint
`

func newRulesCommand(env *environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:                        "rules",
		Short:                      "work with access rules",
		Long:                       rulesHelp,
		Args:                       noCommand,
		SuggestionsMinimumDistance: 2,
		RunE:                       func(*cobra.Command, []string) error { return usagef("a command is missing") },
	}
	cmd.AddCommand(newRulesLintCommand(env))
	return cmd
}

func newRulesLintCommand(env *environment) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "lint [FILE|-]",
		Short: "warn of access rules that look restrictive and are not",
		Long:  rulesLintHelp,
		Args:  oneArgAtMost,
		RunE: func(_ *cobra.Command, args []string) error {
			name := "-"
			if len(args) > 0 {
				name = args[0]
			}
			rules, err := env.loadRules("FILE", name)
			if err != nil {
				return err
			}
			findings := accessrules.Lint(rules)
			if asJSON {
				if findings == nil {
					findings = []accessrules.Finding{}
				}
				return json.NewEncoder(env.stdout).Encode(findings)
			}
			for _, f := range findings {
				if _, err := fmt.Fprintf(env.stdout, "%s: %s\n", f.Code, describeFinding(f)); err != nil {
					return err
				}
			}
			if len(findings) == 0 {
				printNote(env.stderr, "nothing found")
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// loadRules reads a JSON array of rules. what is the flag or argument that named it.
func (env *environment) loadRules(what, name string) ([]accessrules.Rule, error) {
	if err := checkFileName(what, name); err != nil {
		return nil, err
	}
	data, err := env.readInput(name, "access rules", maxRulesFileBytes)
	if err != nil {
		return nil, err
	}
	rules, err := accessrules.Parse(data)
	if err != nil {
		if name == "-" {
			name = stdinName
		}
		err = fmt.Errorf("%s: %w", name, err)
		if text := bytes.TrimSpace(data); len(text) == 0 || text[0] != '[' {
			err = withHint(err, `rules are a JSON array: [{"type":"ip.geoip.country","action":"allow","country":["US"]},{"type":"any","action":"block"}]`)
		}
		return nil, err
	}
	return rules, nil
}

func describeFinding(f accessrules.Finding) string {
	if f.Rule < 0 {
		return f.Message
	}
	return fmt.Sprintf("rule %d: %s", f.Rule, f.Message)
}
