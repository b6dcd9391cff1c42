package middleware

import (
	"net/http"
	"net/url"
	"strings"

	streamtoken "github.com/streamtoken/streamtoken"
)

// sources are the places beside the path that a token may come from.
type sources struct {
	query  string // "": off
	cookie string // "": off
	bearer bool
}

// found is the one token of a request.
type found struct {
	token  string
	inPath bool
}

// single collects what must be one value: the same twice is one, two different are none.
type single struct {
	value string
	seen  bool
	clash bool
}

func (s *single) add(value string) {
	if s.seen && value != s.value {
		s.clash = true
	}
	s.value, s.seen = value, true
}

// find gives the one token of a request, or says why there is none. Whoever may plant a second token (a cookie from a
// sibling site, a parameter appended to a link) must not be able to choose which one counts.
func (s *sources) find(r *http.Request, t *target) (found, problem) {
	var one single
	path := t.pathToken()
	if path != "" {
		one.add(path)
	}
	if s.query != "" {
		v := queryValue(r.URL.RawQuery, s.query)
		if v.clash {
			return found{}, ambiguous("several query parameters " + s.query)
		}
		if v.value != "" {
			one.add(v.value)
		}
	}
	if s.bearer {
		v := bearerValue(r.Header["Authorization"])
		if v.clash {
			return found{}, ambiguous("several Authorization fields")
		}
		if v.value != "" {
			one.add(v.value)
		}
	}
	if s.cookie != "" {
		v := cookieValue(r.Header["Cookie"], s.cookie)
		if v.clash {
			return found{}, ambiguous("several cookies " + s.cookie)
		}
		if v.value != "" {
			one.add(v.value)
		}
	}
	switch {
	case one.clash:
		return found{}, ambiguous("two sources, two tokens")
	case !one.seen:
		return found{}, problem{streamtoken.ReasonTokenMissing, "no source holds a token"}
	}
	f := found{token: one.value, inPath: path != ""}
	if !f.inPath && t.holds(f.token, 0) { // the path shape was checked with the target
		return f, invalid("the token stands in a path segment")
	}
	return f, problem{}
}

// queryValue reads a parameter as the WHATWG and net/url do, with "&" alone between parameters. It reads the raw query:
// url.ParseQuery drops what it cannot parse, and so would hide a second value.
func queryValue(query, name string) (v single) {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		key, value, _ := strings.Cut(pair, "=")
		if key == name || strings.ContainsAny(key, "%+") && unescapeQuery(key) == name {
			v.add(unescapeQuery(value))
		}
	}
	return v
}

func unescapeQuery(s string) string {
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s // not reached: the target's escapes were checked
}

// bearerValue reads Authorization: Bearer (RFC 6750, 2.1). Another scheme is no source, two fields that differ clash
// whatever they are.
func bearerValue(lines []string) (v single) {
	var field single
	for _, line := range lines {
		field.add(line)
	}
	if field.clash {
		return field
	}
	scheme, credentials, _ := strings.Cut(field.value, " ")
	if strings.EqualFold(scheme, "Bearer") {
		v.add(strings.Trim(credentials, " "))
	}
	return v
}

// cookieValue reads the cookies of one name from all Cookie fields. A quoted value loses its quotes.
func cookieValue(lines []string, name string) (v single) {
	for _, line := range lines {
		for line != "" {
			var pair string
			pair, line, _ = strings.Cut(line, ";")
			key, value := splitCookie(pair)
			if key == name {
				v.add(value)
			}
		}
	}
	return v
}

func splitCookie(pair string) (name, value string) {
	name, value, _ = strings.Cut(pair, "=")
	name, value = strings.Trim(name, " \t"), strings.Trim(value, " \t")
	if len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' {
		value = value[1 : len(value)-1]
	}
	return name, value
}
