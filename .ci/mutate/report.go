package main

import (
	_ "embed"
	"fmt"
	"strings"
)

// equivalents lists mutants that change nothing, each after its reason.
//
//go:embed equivalent.txt
var equivalents string

// report prints survivors and gives false if there is one without a reason, or
// a reason without one. whole is whether every package was mutated.
func report(mutants []mutant, whole, verbose bool) (bool, error) {
	reasons, err := readEquivalents()
	if err != nil {
		return false, err
	}
	ok, killed, excused := true, 0, 0
	for _, m := range mutants {
		reason, listed := reasons[m.name]
		delete(reasons, m.name)
		switch {
		case m.killer == "" && listed:
			excused++
			if verbose {
				fmt.Printf("equivalent  %s (line %d): %s\n", m.name, m.line, reason)
			}
		case m.killer == "":
			ok = false
			fmt.Printf("SURVIVED    %s (line %d)\n", m.name, m.line)
		case listed:
			ok = false
			fmt.Printf("NOT EQUIVALENT  %s (line %d): noticed by %s; take it off equivalent.txt\n", m.name, m.line, m.killer)
		default:
			killed++
			if verbose {
				fmt.Printf("killed      %s (line %d): %s\n", m.name, m.line, m.killer)
			}
		}
	}
	if whole {
		for name := range reasons {
			ok = false
			fmt.Printf("NO MUTANT   %s: take it off equivalent.txt\n", name)
		}
	}
	fmt.Printf("%d mutants: %d killed, %d equivalent, %d survived\n", len(mutants), killed, excused, len(mutants)-killed-excused)
	return ok, nil
}

// readEquivalents reads lines of mutants, each group under one line "# reason".
func readEquivalents() (map[string]string, error) {
	list := map[string]string{}
	reason := ""
	for i, line := range strings.Split(equivalents, "\n") {
		text, isReason := strings.CutPrefix(line, "# ")
		switch {
		case strings.TrimSpace(line) == "":
			reason = ""
		case isReason && reason != "":
			reason += " " + text
		case isReason:
			reason = text
		case reason == "":
			return nil, fmt.Errorf("equivalent.txt: line %d: a mutant without a reason", i+1)
		default:
			list[line] = reason
		}
	}
	return list, nil
}
