package bench

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// row is one line of the report.
type row struct {
	What      string
	Time      string
	PerSecond string
	Ratio     string  // beside crypto/rsa; "" for what it does not do
	Why       string  // instead of the figures, why there are none; "" if there are
	Bar       float64 // 0 to 100, of the longest time in its group
	Base      bool    // crypto/rsa itself

	ns float64
}

// group is what is compared with one another; the first is crypto/rsa itself.
type group struct {
	Name string
	Rows []row
}

func (r *Result) groups() []group {
	const signs, bulk, vector = "crypto/rsa, a signature alone", "tokens in bulk, crypto/rsa", "tokens in bulk, vector engine"
	groups := []group{
		{"Minting", []row{
			newRow(signs, r.RSASignNS, 1),
			newRow("mint a token", r.MintNS, r.MintRatio),
		}},
		{"Minting in bulk", []row{
			newRow(signs, r.BulkRSASignNS, 1),
			newRow(bulk, r.BulkStdNS, r.BulkStdRatio),
			vectorRow(vector, r.BulkVectorNS, r.BulkVectorRatio, r.BulkWhy),
		}},
		{fmt.Sprintf("Minting on all processors, GOMAXPROCS %d", r.AllProcessors), []row{
			newRow("crypto/rsa, signatures alone", r.AllRSASignNS, 1),
			newRow("mint tokens one by one", r.AllMintNS, r.AllMintRatio),
			newRow(bulk, r.AllStdNS, r.AllStdRatio),
			vectorRow(vector, r.AllVectorNS, r.AllVectorRatio, r.BulkWhy),
		}},
		{"Checking", []row{
			newRow("crypto/rsa, a check alone", r.RSAVerifyNS, 1),
			newRow("a token seen for the first time", r.ColdNS, r.ColdRatio),
			vectorRow("the same, vector engine", r.ColdVectorNS, r.ColdVectorRatio, r.ColdVectorWhy),
			newRow(fmt.Sprintf("the same token again, its %d rules included", r.TokenRules), r.WarmNS, r.WarmRatio),
			newRow("five access rules by themselves", r.Rules5NS, 0),
		}},
	}
	for _, g := range groups {
		g.Rows[0].Base = true
		longest := 0.0
		for _, row := range g.Rows {
			longest = max(longest, row.ns)
		}
		for i, row := range g.Rows {
			g.Rows[i].Bar = math.Round(row.ns/longest*1000) / 10
		}
	}
	return groups
}

func newRow(what string, ns, ratio float64) row {
	r := row{What: what, Time: duration(ns), PerSecond: whole(1e9 / ns), ns: ns}
	if ratio > 0 {
		r.Ratio = significant(ratio)
	}
	return r
}

// vectorRow is a row that may have no figures, and then says why.
func vectorRow(what string, ns, ratio float64, why string) row {
	if ns == 0 {
		return row{What: what, Why: "not measured: " + why}
	}
	return newRow(what, ns, ratio)
}

// engine says what bulk minting takes on this machine.
func (r *Result) engine() string {
	return fmt.Sprintf("bulk minting takes %s here: %s", r.BulkEngine, r.BulkWhy)
}

// place says where and with what the figures were made.
func (r *Result) place() string {
	cpu := r.CPU
	if cpu == "" {
		cpu = "processor unknown"
	}
	return fmt.Sprintf("%s, GOMAXPROCS %d, %s %s/%s", printable(cpu), r.Processors, r.Go, r.OS, r.Arch)
}

// token says what was minted and checked.
func (r *Result) token() string {
	return fmt.Sprintf("RSA-%d, a token of %d bytes with %d access rules, %d of them live, %d allocations a repeated check",
		r.KeyBits, r.TokenBytes, r.TokenRules, r.LiveTokens, r.WarmAllocs)
}

func (l *Load) lines() []string {
	return []string{
		fmt.Sprintf("%s requests a second: %s in %s over %d kept connections, %s bytes",
			whole(l.PerSecond), whole(float64(l.Requests)), l.Took.Round(10*time.Millisecond), l.Connections, whole(float64(l.Bytes))),
		fmt.Sprintf("half of them answered within %s, 99 of 100 within %s", duration(float64(l.P50)), duration(float64(l.P99))),
	}
}

// WriteText writes the report for a terminal.
func (r *Result) WriteText(w io.Writer) error {
	var b strings.Builder
	for i, g := range r.groups() {
		if i == 0 {
			fmt.Fprintf(&b, "%-46s%10s%16s%12s\n", g.Name, "time", "per second", "crypto/rsa")
		} else {
			fmt.Fprintf(&b, "\n%s\n", g.Name)
		}
		for _, row := range g.Rows {
			if row.Why != "" {
				fmt.Fprintf(&b, "  %s: %s\n", row.What, row.Why)
				continue
			}
			ratio := row.Ratio
			if ratio != "" {
				ratio += " x"
			}
			b.WriteString(strings.TrimRight(fmt.Sprintf("  %-44s%10s%16s%12s", row.What, row.Time, row.PerSecond, ratio), " "))
			b.WriteByte('\n')
		}
	}
	if r.Load != nil {
		b.WriteString("\nThe URL\n")
		for _, line := range r.Load.lines() {
			fmt.Fprintf(&b, "  %s\n", line)
		}
	}
	fmt.Fprintf(&b, "\n%s\n%s\n%s\n", r.engine(), r.place(), r.token())
	_, err := io.WriteString(w, b.String())
	return err
}

//go:embed page.html
var pageText string

// WriteHTML writes the report as one page that needs nothing else: no script, no font, no picture. now is its date.
func (r *Result) WriteHTML(w io.Writer, now time.Time) error {
	page, err := template.New("page").Parse(pageText)
	if err != nil {
		return err
	}
	data := struct {
		Groups []group
		Load   []string
		Engine string
		Place  string
		Token  string
		Date   string
	}{Groups: r.groups(), Engine: r.engine(), Place: r.place(), Token: r.token(), Date: now.UTC().Format("2006-01-02 15:04 UTC")}
	if r.Load != nil {
		data.Load = r.Load.lines()
	}
	return page.Execute(w, data)
}

// duration gives three significant digits and a unit.
func duration(ns float64) string {
	switch {
	case ns < 999.5:
		return significant(ns) + " ns"
	case ns < 999.5e3:
		return significant(ns/1e3) + " us"
	case ns < 999.5e6:
		return significant(ns/1e6) + " ms"
	}
	return significant(ns/1e9) + " s"
}

// significant gives three digits, never in the form of 1e+06.
func significant(f float64) string {
	if f >= 999.5 {
		return whole(f)
	}
	digits := 2
	for limit := 9.995; digits > 0 && f >= limit; limit *= 10 {
		digits--
	}
	for limit := 0.9995; f > 0 && f < limit && digits < 9; limit /= 10 {
		digits++
	}
	return strconv.FormatFloat(f, 'f', digits, 64)
}

// whole gives a whole number with its digits in threes.
func whole(f float64) string {
	s := strconv.FormatFloat(math.Round(f), 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// printable is for a name that the system chose.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, s[:min(len(s), 100)])
}
