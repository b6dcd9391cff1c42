package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/gate"
)

// verdictJSON is what "verify --json" prints.
type verdictJSON struct {
	Accepted bool                      `json:"accepted"`
	Reason   streamtoken.Reason        `json:"reason"`           // "" when accepted
	Detail   string                    `json:"detail,omitempty"` // of a refusal
	Decision accessrules.Action        `json:"decision"`         // "block" for every refusal
	Rule     int                       `json:"rule"`             // which rule decided, -1: none did
	Rules    []accessrules.RuleVerdict `json:"rules"`            // never null
	Claims   *streamtoken.Claims       `json:"claims,omitempty"` // only if signature, claims and time held
	KeyID    string                    `json:"key_id,omitempty"` // after a good signature
	Subject  string                    `json:"subject,omitempty"`
	Path     string                    `json:"path,omitempty"`     // after the token, of a URL
	Download bool                      `json:"download,omitempty"` // the path is a download's
}

func writeExplanationJSON(w io.Writer, e gate.Explanation, a asked) error {
	v := verdictJSON{
		Accepted: e.Allowed,
		Reason:   e.Reason,
		Detail:   e.Detail,
		Decision: accessrules.Block,
		Rule:     e.Rule,
		Rules:    e.Rules,
		Claims:   e.Claims,
		KeyID:    e.KeyID,
		Subject:  e.Subject,
		Path:     a.path,
		Download: a.download,
	}
	if e.Allowed {
		v.Decision = accessrules.Allow
	}
	if v.Rules == nil {
		v.Rules = []accessrules.RuleVerdict{}
	}
	out, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", escapeJSON(out)) // the path may hold anything
	return err
}

// writeExplanation prints the same in plain words.
func writeExplanation(w io.Writer, e gate.Explanation, a asked, now time.Time) error {
	var b strings.Builder
	if e.Allowed {
		b.WriteString("accepted\n")
	} else {
		fmt.Fprintf(&b, "refused: %s\n", string(e.Reason)) // a Reason prints as an error does
	}
	if c := e.Claims; c != nil {
		fmt.Fprintf(&b, "  sub           %s\n", c.Subject)
		fmt.Fprintf(&b, "  key           %s\n", e.KeyID)
		fmt.Fprintf(&b, "  from          %s\n", describeTime(c.NotBefore, now))
		fmt.Fprintf(&b, "  until         %s\n", describeTime(c.Expires, now))
		fmt.Fprintf(&b, "  downloadable  %s\n", yesNo(c.Downloadable))
		if a.path != "" {
			fmt.Fprintf(&b, "  path          %s", escapeJSON([]byte(a.path)))
			if a.download {
				b.WriteString(" (a download)")
			}
			b.WriteString("\n")
		}
		writeRules(&b, e)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeRules(b *strings.Builder, e gate.Explanation) {
	if len(e.Rules) == 0 {
		b.WriteString("  rules         none: every viewer is allowed\n")
		return
	}
	b.WriteString("  rules         the first that matches decides\n")
	for i, r := range e.Rules {
		text := string(r.Action) + " " + string(r.Type)
		if e.Claims != nil && i < len(e.Claims.AccessRules) {
			text = ruleText(e.Claims.AccessRules[i])
		}
		fmt.Fprintf(b, "    %d  %s\n       %s", r.Rule, text, strings.ReplaceAll(r.Result, "_", " "))
		if r.Detail != "" {
			fmt.Fprintf(b, ": %s", r.Detail)
		}
		switch {
		case r.Decided:
			b.WriteString("; this rule decided")
		case e.Rule >= 0 && r.Rule > e.Rule:
			b.WriteString("; not reached")
		}
		b.WriteString("\n")
	}
	if e.Rule < 0 {
		b.WriteString("    no rule matched: the viewer is allowed\n")
	}
}

// ruleText writes a rule as --rule takes it.
func ruleText(r accessrules.Rule) string {
	switch r.Type {
	case accessrules.TypeIP:
		return fmt.Sprintf("%s ip %s", r.Action, strings.Join(r.IP, ","))
	case accessrules.TypeCountry:
		return fmt.Sprintf("%s country %s", r.Action, strings.Join(r.Country, ","))
	}
	return fmt.Sprintf("%s %s", r.Action, r.Type)
}

// describeTime writes a time and its distance from now.
func describeTime(t, now time.Time) string {
	if t.IsZero() {
		return "always"
	}
	d := t.Sub(now).Round(time.Second)
	text := t.UTC().Format(time.RFC3339)
	switch {
	case d > 0:
		return fmt.Sprintf("%s (in %s)", text, describeSpan(d))
	case d < 0:
		return fmt.Sprintf("%s (%s ago)", text, describeSpan(-d))
	}
	return text + " (now)"
}

func describeSpan(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= 2*day {
		return fmt.Sprintf("%d days", d/day)
	}
	return d.String()
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
