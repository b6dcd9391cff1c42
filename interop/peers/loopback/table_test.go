package main

import (
	"bytes"
	"strings"
	"testing"
)

func rowOf(t *testing.T, name string) row {
	t.Helper()
	for _, r := range rows() {
		if r.name() == name {
			return r
		}
	}
	t.Fatalf("no row %s", name)
	return row{}
}

// The second round is twice as slow as the first for everybody, as on a machine with neighbours: ratios must not show it.
func TestRatiosAreOfOneRound(t *testing.T) {
	samples := func(us ...float64) (out []sample) {
		for _, u := range us {
			out = append(out, sample{CPUMicros: u, PerSecond: 1e6 / u})
		}
		return out
	}
	lines := summarize([]result{
		{rowOf(t, "reads/same"), samples(10, 20, 12)},
		{rowOf(t, "streamtoken/same"), samples(11, 22, 13.2)},
		{rowOf(t, "golang-jwt/same"), samples(44, 88, 60)},
		{rowOf(t, "golang-jwt/distinct"), samples(50, 100, 60)},
	})
	for i, want := range []struct{ us, bare, ours string }{{"12.0", "1.00", "0.91"}, {"13.2", "1.10", "1.00"}, {"60.0", "4.40", "4.00"}, {"60.0", "-", "-"}} {
		var b bytes.Buffer
		if err := markdown(&b, lines[i:i+1], machine{}, plan{}); err != nil {
			t.Fatal(err)
		}
		cells := "| " + want.us + " | " + want.bare + " | " + want.ours + " |"
		if !strings.Contains(b.String(), cells) {
			t.Errorf("%s: no %q in\n%s", lines[i].Name, cells, b.String())
		}
	}
}

func TestMiddle(t *testing.T) {
	for want, values := range map[float64][]float64{0: nil, 3: {3}, 2.5: {4, 1, 3, 2}, 7: {9, 1, 7}} {
		if got := middle(values); got != want {
			t.Errorf("%v: %v, want %v", values, got, want)
		}
	}
}
