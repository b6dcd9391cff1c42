package middleware

import (
	"net/http"
	"strings"
)

// reportField says whether a canonical field name makes a browser report on the page to whom the field names, the page's
// address included (W3C Reporting API, Network Error Logging; CSP Level 3, 5.3).
func reportField(name string) bool {
	switch name {
	case "Nel", "Report-To", "Reporting-Endpoints", "Content-Security-Policy-Report-Only":
		return true
	}
	return false
}

// dropReports takes these fields from h, and report-uri from a Content-Security-Policy, which keeps the rest: reports
// are sent whatever Referrer-Policy says, and the address holds the token.
func dropReports(h http.Header) {
	for name, lines := range h {
		switch {
		case reportField(name):
			delete(h, name)
		case name == "Content-Security-Policy":
			kept := make([]string, len(lines))
			for i, line := range lines {
				kept[i] = withoutReportURI(line)
			}
			h[name] = kept
		}
	}
}

// withoutReportURI cuts the directive from a list of policies. A comma ends a policy, a semicolon a directive.
func withoutReportURI(line string) string {
	if !strings.Contains(strings.ToLower(line), "report-uri") {
		return line
	}
	policies := strings.Split(line, ",")
	for i, policy := range policies {
		var kept []string
		for directive := range strings.SplitSeq(policy, ";") {
			if words := strings.Fields(directive); len(words) > 0 && !strings.EqualFold(words[0], "report-uri") {
				kept = append(kept, strings.Join(words, " "))
			}
		}
		policies[i] = strings.Join(kept, "; ")
	}
	return strings.Join(policies, ", ")
}
