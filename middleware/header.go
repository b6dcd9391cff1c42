package middleware

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// identityPrefix begins the names of the fields by which an edge tells an origin who was let in.
const identityPrefix = "x-streamtoken"

// overrides are fields by which a client can tell some frameworks to take another path or method than those judged.
var overrides = []string{"x-original-url", "x-original-uri", "x-rewrite-url", "x-http-method-override", "x-http-method", "x-method-override"}

// cleanHeader gives the header the next handler sees: without the token, without a client's own identity fields, with a
// Referer cut to its origin. It is h itself if nothing has to change, else a copy.
func cleanHeader(h http.Header, token, cookie string) http.Header {
	var few [4]field
	changes, dropped := few[:0], 0
	for name, lines := range h {
		switch {
		case name == "Referer":
			if len(lines) == 1 && isOrigin(lines[0]) { // most browsers have cut it already
				continue
			}
			lines = cutReferer(lines)
		case name == "Cookie":
			kept := cleanCookies(lines, token, cookie)
			if slices.Equal(kept, lines) {
				continue
			}
			lines = kept
		case forgedName(name), carriesAny(name, lines, token):
			lines = nil
		default:
			continue
		}
		changes = append(changes, field{name, lines})
		if lines == nil {
			dropped++
		}
	}
	switch {
	case len(changes) == 0:
		return h
	case dropped == len(h):
		return http.Header{} // a load tool or a device sends little more than the token
	}
	out := maps.Clone(h)
	for _, c := range changes {
		if c.lines == nil {
			delete(out, c.name)
		} else {
			out[c.name] = c.lines
		}
	}
	return out
}

// field is one field of a header as it has to be; nil lines: not there.
type field struct {
	name  string
	lines []string
}

// forgedName finds a field that must not come from a client, in any spelling: CGI and its heirs make one variable of
// X-Streamtoken-Subject and x_streamtoken_subject.
func forgedName(name string) bool {
	if len(name) < 2 || name[0]|0x20 != 'x' || !separates(name[1]) {
		return false
	}
	if rest, ok := cutName(name, identityPrefix); ok && (rest == "" || separates(rest[0])) {
		return true
	}
	for _, o := range overrides {
		if rest, ok := cutName(name, o); ok && rest == "" {
			return true
		}
	}
	return false
}

// cutName cuts a lower-case prefix from name, without regard to case and with any separator for a hyphen.
func cutName(name, prefix string) (rest string, ok bool) {
	if len(name) < len(prefix) {
		return "", false
	}
	for i := 0; i < len(prefix); i++ {
		c := name[i]
		switch {
		case prefix[i] == '-':
			if !separates(c) {
				return "", false
			}
		case c|0x20 != prefix[i]:
			return "", false
		}
	}
	return name[len(prefix):], true
}

func separates(c byte) bool {
	return (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z')
}

func carriesAny(name string, lines []string, token string) bool {
	if len(name) >= len(token) && strings.Contains(strings.ToLower(name), strings.ToLower(token)) {
		return true
	}
	for _, line := range lines {
		if carries(line, token) {
			return true
		}
	}
	return false
}

// isOrigin recognises a Referer that has nothing to cut: a scheme, a host of plain bytes and perhaps a port, a slash.
func isOrigin(s string) bool {
	host, ok := strings.CutPrefix(s, "https://")
	if !ok {
		host, ok = strings.CutPrefix(s, "http://")
	}
	host, slash := strings.CutSuffix(host, "/")
	if !ok || !slash || host == "" || len(host) > 255 {
		return false
	}
	for i := 0; i < len(host); i++ {
		if !is(host[i], plainByte) && host[i] != ':' {
			return false
		}
	}
	return true
}

// cutReferer leaves of a Referer the origin: its path may hold this token or another.
func cutReferer(lines []string) []string {
	if len(lines) != 1 {
		return nil
	}
	u, err := url.Parse(lines[0])
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || len(u.Host) > 255 {
		return nil
	}
	return []string{u.Scheme + "://" + u.Host + "/"}
}

// cleanCookies leaves out the cookies that hold the token or have the name of its source.
func cleanCookies(lines []string, token, name string) []string {
	holds := func(line string) bool { return name != "" && strings.Contains(line, name) || carries(line, token) }
	if !slices.ContainsFunc(lines, holds) {
		return lines
	}
	var kept []string
	for _, line := range lines {
		if !holds(line) {
			kept = append(kept, line)
			continue
		}
		var left strings.Builder
		for rest := line; rest != ""; {
			var pair string
			pair, rest, _ = strings.Cut(rest, ";")
			key, _ := splitCookie(pair)
			if key == name && name != "" || carries(pair, token) {
				continue
			}
			if left.Len() == 0 {
				pair = strings.TrimLeft(pair, " ")
			} else {
				left.WriteByte(';')
			}
			left.WriteString(pair)
		}
		if s := left.String(); strings.Trim(s, "; ") != "" {
			kept = append(kept, s)
		}
	}
	return kept
}
