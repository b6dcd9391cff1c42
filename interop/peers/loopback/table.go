package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// result is what a row came to, one sample a round.
type result struct {
	row     row
	samples []sample
}

// summary is a line of the table: medians over the rounds. A ratio is taken in each round before the median, and is 0 where
// there is nothing to compare with.
type summary struct {
	Name       string   `json:"name"`
	Label      string   `json:"label"`
	Request    request  `json:"request"`
	CPUMicros  float64  `json:"cpu_us"`
	TimesFloor float64  `json:"times_bare"`
	TimesOurs  float64  `json:"times_streamtoken"`
	PerSecond  float64  `json:"rps"`
	Rounds     []sample `json:"rounds"`
}

func summarize(results []result) []summary {
	lines := make([]summary, len(results))
	for i, r := range results {
		lines[i] = summary{
			Name: r.row.name(), Label: r.row.server.label, Request: r.row.request, Rounds: r.samples,
			CPUMicros:  median(r.samples, func(s sample) float64 { return s.CPUMicros }),
			PerSecond:  median(r.samples, func(s sample) float64 { return s.PerSecond }),
			TimesFloor: ratio(r, find(results, floorName, r.row.request)),
			TimesOurs:  ratio(r, find(results, oursFor(r.row.request), r.row.request)),
		}
	}
	return lines
}

func oursFor(q request) string {
	switch q {
	case plain:
		return oursName + "-plain"
	case distinct:
		return fullName
	}
	return oursName
}

func find(results []result, server string, q request) *result {
	for i := range results {
		if results[i].row.server.name == server && results[i].row.request == q {
			return &results[i]
		}
	}
	return nil
}

func median(samples []sample, of func(sample) float64) float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = of(s)
	}
	return middle(values)
}

// ratio is the median over the rounds of r's CPU time over base's in the same round.
func ratio(r result, base *result) float64 {
	if base == nil || len(base.samples) != len(r.samples) {
		return 0
	}
	values := make([]float64, len(r.samples))
	for i, s := range r.samples {
		if base.samples[i].CPUMicros == 0 {
			return 0
		}
		values[i] = s.CPUMicros / base.samples[i].CPUMicros
	}
	return middle(values)
}

func middle(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// markdown writes the table, then where it was measured.
func markdown(w io.Writer, lines []summary, m machine, p plan) error {
	var b strings.Builder
	b.WriteString("| server | requests | CPU us/request | x bare | x streamtoken | requests/s |\n|---|---|---:|---:|---:|---:|\n")
	for _, l := range lines {
		fmt.Fprintf(&b, "| %s | %s | %.1f | %s | %s | %.0f |\n", l.Label, l.Request, l.CPUMicros, times(l.TimesFloor), times(l.TimesOurs), l.PerSecond)
	}
	fmt.Fprintf(&b, "\n%s; %d rounds of %d s, %d connections; other work took %.0f %% of the two CPUs. %s\n", m.CPU, p.rounds, p.seconds, connections,
		100*others(lines), m.versions())
	_, err := io.WriteString(w, b.String())
	return err
}

// others is the mean share of the two CPUs that went to other work: what it says of the machine is how quiet it was.
func others(lines []summary) float64 {
	sum, n := 0.0, 0
	for _, l := range lines {
		for _, s := range l.Rounds {
			sum += s.Others
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

func times(ratio float64) string {
	if ratio == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", ratio)
}

func writeJSON(w io.Writer, lines []summary, m machine, p plan) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Machine     machine   `json:"machine"`
		Rounds      int       `json:"rounds"`
		Seconds     int       `json:"seconds"`
		Connections int       `json:"connections"`
		Rows        []summary `json:"rows"`
	}{m, p.rounds, p.seconds, connections, lines})
}
