package main

import (
	"bytes"
	"os"
	"testing"
)

// TestMain lets the test binary be the servers, as the program is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		main()
	}
	os.Exit(m.Run())
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{{"--rounds", "0"}, {"--seconds", "-1"}, {"--only", "nothing of the kind"}, {"--only", ","}, {"extra"}, {"--unknown"}} {
		var stdout, stderr bytes.Buffer
		if got := run(t.Context(), args, &stdout, &stderr); got != 2 || stdout.Len() > 0 || stderr.Len() == 0 {
			t.Errorf("%q: exit status %d, %q, %q", args, got, stdout.String(), stderr.String())
		}
	}
	if err := serve("nobody", "127.0.0.1:0", "none"); err == nil {
		t.Error("serves a name it does not know")
	}
}

func TestSelectRows(t *testing.T) {
	names := func(only string) (out []string) {
		for _, r := range selectRows(only) {
			out = append(out, r.name())
		}
		return out
	}
	if got := names("reads,jose/distinct"); len(got) != 4 || got[0] != "reads/same" || got[3] != "node-jose/distinct" {
		t.Error(got)
	}
	seen := map[string]bool{}
	for _, name := range names("") {
		if seen[name] {
			t.Errorf("%s stands twice", name)
		}
		seen[name] = true
	}
	// Whatever a ratio refers to must be there to be measured.
	for _, r := range rows() {
		if !seen[floorName+"/"+string(r.request)] || !seen[oursFor(r.request)+"/"+string(r.request)] {
			t.Errorf("%s has nothing to be compared with", r.name())
		}
	}
}
