package middleware

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// What stands here reads a request the plain way, one question after the other. The readers that are in use ask several
// at once, or none where the answer is known, and must say the same.

// slowCheckPath is checkPath, a byte at a time.
func slowCheckPath(u *url.URL) string {
	path, raw := u.Path, u.RawPath
	if path == "" || path[0] != '/' {
		return "the path does not begin with a slash"
	}
	if raw != "" {
		if why := checkRaw(raw, path); why != "" {
			return why
		}
	}
	start, high := 1, false // start of the segment, and whether there is a byte beyond ASCII
	for i := 1; i <= len(path); i++ {
		if i == len(path) || path[i] == '/' {
			switch segment := path[start:i]; {
			case segment == "" && i < len(path):
				return "an empty path segment"
			case segment != "" && isDots(segment):
				return "a dot segment"
			}
			start = i + 1
			continue
		}
		switch c := path[i]; {
		case is(c, plainByte):
		case is(c, refusedByte):
			return "a control byte, backslash, semicolon or encoded percent sign in the path"
		case c >= utf8.RuneSelf:
			high = true
		}
	}
	if high && !utf8.ValidString(path) {
		return "the path is not UTF-8" // overlong forms of a slash or a dot among others
	}
	return ""
}

// slowAddress gives the URL and request target of the request that the next handler sees.
func slowAddress(p *policy, r *http.Request, t target, f found, subject string) (url.URL, string) {
	u := url.URL{
		Path:       t.url.Path,
		RawPath:    t.url.RawPath,
		RawQuery:   slowCleanQuery(r.URL.RawQuery, f.token, p.sources.query),
		ForceQuery: r.URL.ForceQuery,
	}
	if f.inPath {
		u.Path = p.mount + "/" + subject + t.rest()
		if t.url.RawPath != "" {
			u.RawPath = p.mount + "/" + subject + t.url.RawPath[t.head:]
		}
	}
	return u, u.RequestURI()
}

func slowCleanQuery(query, token, name string) string {
	if len(query) < len(token) && name == "" {
		return query
	}
	var kept strings.Builder
	for rest := query; rest != ""; {
		var pair string
		pair, rest, _ = strings.Cut(rest, "&")
		if name != "" {
			if key, _, _ := strings.Cut(pair, "="); unescapeQuery(key) == name {
				continue
			}
		}
		if slowCarries(pair, token) {
			continue
		}
		if kept.Len() > 0 {
			kept.WriteByte('&')
		}
		kept.WriteString(pair)
	}
	if kept.Len() == len(query) {
		return query
	}
	return kept.String()
}

// slowCleanHeader is cleanHeader with a copy at the first change.
func slowCleanHeader(h http.Header, token, cookie string) http.Header {
	out, copied := h, false
	change := func(name string, lines []string) {
		if !copied {
			out, copied = maps.Clone(h), true
		}
		if lines == nil {
			delete(out, name)
		} else {
			out[name] = lines
		}
	}
	for name, lines := range h {
		switch {
		case name == "Referer":
			if len(lines) != 1 || !isOrigin(lines[0]) { // most browsers have cut it already
				change(name, cutReferer(lines))
			}
		case name == "Cookie":
			if kept := slowCleanCookies(lines, token, cookie); !slices.Equal(kept, lines) {
				change(name, kept)
			}
		case slowForgedName(name), slowCarriesAny(name, lines, token):
			change(name, nil)
		}
	}
	return out
}

func slowForgedName(name string) bool {
	if len(name) < 2 || name[0]|0x20 != 'x' {
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

func slowCarriesAny(name string, lines []string, token string) bool {
	if len(name) >= len(token) && strings.Contains(strings.ToLower(name), strings.ToLower(token)) {
		return true
	}
	for _, line := range lines {
		if slowCarries(line, token) {
			return true
		}
	}
	return false
}

func slowCleanCookies(lines []string, token, name string) []string {
	var kept []string
	for _, line := range lines {
		if !(name != "" && strings.Contains(line, name)) && !slowCarries(line, token) {
			kept = append(kept, line)
			continue
		}
		var left strings.Builder
		for rest := line; rest != ""; {
			var pair string
			pair, rest, _ = strings.Cut(rest, ";")
			key, _ := splitCookie(pair)
			if key == name && name != "" || slowCarries(pair, token) {
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

func slowCarries(s, token string) bool {
	if len(s) < len(token) {
		return false
	}
	for range 4 {
		if strings.Contains(s, token) {
			return true
		}
		if strings.IndexByte(s, '%') < 0 {
			return false
		}
		plain := lenientUnescape(s)
		if plain == s {
			return false
		}
		s = plain
	}
	return true // escaped more often than anybody means it
}

// slowIsDownload is isDownload with every segment looked at as every file system might.
func slowIsDownload(patterns []pattern, rest string) bool {
	rest = strings.Trim(rest, "/") // a final slash does not make another file of it
	for _, p := range patterns {
		if slowMatches(p, rest) {
			return true
		}
	}
	return false
}

func slowMatches(p pattern, path string) bool {
	for i, want := range p.segments {
		segment, rest, more := strings.Cut(path, "/")
		if !slowMatchSegment(want, segment) {
			return false
		}
		path = rest
		if !more {
			return i == len(p.segments)-1
		}
	}
	return p.below || path == "" && len(p.segments) > 0
}

func slowMatchSegment(want, segment string) bool {
	segment = strings.TrimRightFunc(visible(segment), droppedAtEnd)
	if matchName(want, segment) || shortName(want, segment) {
		return true
	}
	name, _, stream := strings.Cut(segment, ":")
	return stream && matchName(want, strings.TrimRightFunc(name, droppedAtEnd))
}
