package middleware

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	streamtoken "github.com/streamtoken/streamtoken"
)

// maxTargetBytes bounds a request target before anything looks at it: a token of the greatest size and ample room for
// path and query. net/http alone would let a megabyte through.
const maxTargetBytes = 4 * streamtoken.MaxTokenBytes // 32 KiB

// target is a request target that has one reading: its decoded path is what the decision is about and what the next
// handler sees, and no further decoding or cleaning would change where it leads.
type target struct {
	url   *url.URL
	first string // the segment after the mount: plain bytes, alike raw and decoded; "" if there is none
	head  int    // length of mount, slash and first, in url.Path and, if set, in url.RawPath
	plain bool   // package net/url writes url.Path as it stands, and no RawPath says otherwise
}

// rest is the decoded path after the first segment: "" or beginning with a slash.
func (t target) rest() string { return t.url.Path[t.head:] }

// pathToken is the token of the path shape, "" if the first segment has not the form of one.
func (t target) pathToken() string {
	if strings.IndexByte(t.first, '.') >= 0 {
		return t.first
	}
	return ""
}

// readTarget reads the request target, or says why it is refused.
func readTarget(r *http.Request, mount string) (target, problem) {
	u := r.URL
	if n := max(len(r.RequestURI), len(u.RawPath)+len(u.RawQuery), len(u.Path)+len(u.RawQuery)); n > maxTargetBytes {
		// Told apart by length alone, so that an overlong token has the reason it has everywhere else.
		if rest, ok := strings.CutPrefix(u.Path, mount+"/"); ok {
			if first, _, _ := strings.Cut(rest, "/"); len(first) > streamtoken.MaxTokenBytes {
				return target{}, problem{streamtoken.ReasonTokenTooLarge, "the first path segment is longer than a token may be"}
			}
		}
		return target{}, invalid("the request target is longer than 32 KiB")
	}
	switch {
	case r.Method == http.MethodConnect:
		return target{}, invalid("CONNECT")
	case r.RequestURI != "" && r.RequestURI[0] != '/',
		u.Scheme != "" || u.Host != "" || u.Opaque != "" || u.User != nil:
		// Absolute and authority forms name a host of their own; "*" names no resource.
		return target{}, invalid("the request target is not a path")
	}
	t := target{url: u}
	var why string
	if t.plain, why = checkPath(u); why != "" {
		return target{}, invalid(why)
	}
	if why := checkQuery(u.RawQuery); why != "" {
		return target{}, invalid(why)
	}
	path := u.Path
	if path != mount && !(strings.HasPrefix(path, mount) && path[len(mount)] == '/') {
		return target{}, invalid("the path is outside the mount")
	}
	if path == mount {
		t.head = len(path)
		return t, t.agrees(mount)
	}
	t.head = len(path)
	if i := strings.IndexByte(path[len(mount)+1:], '/'); i >= 0 {
		t.head = len(mount) + 1 + i
	}
	t.first = path[len(mount)+1 : t.head]
	if p := t.agrees(mount); p.reason != "" {
		return target{}, p
	}
	// Only for what has the form of a token; one from another source is checked where it is found.
	if tok := t.pathToken(); tok != "" && t.holds(tok, t.head) {
		return target{}, invalid("the token stands in a further path segment")
	}
	return t, problem{}
}

// holds says whether the token stands in the path from there on: decoded, as it was sent, or as package net/url will write it. In `/%3` + token the
// escape takes the token's first byte with it, and whoever logs the request line has the token all the same.
func (t target) holds(token string, from int) bool {
	path, raw := t.url.Path[from:], t.url.RawPath
	if strings.Contains(path, token) || len(raw) > from && strings.Contains(raw[from:], token) {
		return true
	}
	// A token has no percent sign: no more of it than two bytes can be of an escape.
	return !t.plain && strings.Contains(path, token[min(2, len(token)):]) && strings.Contains((&url.URL{Path: path}).EscapedPath(), token)
}

// agrees checks that mount and first segment were sent unescaped: `/t%6Fken` is not judged as `/token`.
func (t target) agrees(mount string) problem {
	if raw := t.url.RawPath; raw != "" {
		if len(raw) < t.head || raw[:t.head] != t.url.Path[:t.head] {
			return invalid("an escape in the token's segment or before it")
		}
		return problem{}
	}
	if !t.plain && !all(t.first, literalByte) {
		// With no RawPath the path was sent as net/url writes it, which escapes this byte.
		return invalid("an escape in the token's segment")
	}
	return problem{}
}

// checkPath refuses every path that a reader behind us could take for another one. It reads the path as it was sent:
// u.Path is decoded, and u.EscapedPath() hides bytes that should have been escaped and were not. It says too whether that
// path is plain, so that nobody has to read a long one twice.
func checkPath(u *url.URL) (plain bool, why string) {
	path, raw := u.Path, u.RawPath
	if path == "" || path[0] != '/' {
		return false, "the path does not begin with a slash"
	}
	if raw != "" {
		if why := checkRaw(raw, path); why != "" {
			return false, why
		}
	}
	start, high := 1, false // start of the segment, and whether there is a byte beyond ASCII
	plain = raw == ""
	for i := 1; ; i++ {
		i = skipPlain(path, i)
		if i == len(path) || path[i] == '/' {
			switch segment := path[start:i]; {
			case segment == "" && i < len(path):
				return false, "an empty path segment"
			case segment != "" && isDots(segment):
				return false, "a dot segment"
			}
			if start = i + 1; i < len(path) {
				continue
			}
			break
		}
		class := classes[path[i]]
		if class&refusedByte != 0 {
			return false, "a control byte, backslash, semicolon or encoded percent sign in the path"
		}
		if class&literalByte == 0 {
			plain = false
		}
		if path[i] >= utf8.RuneSelf {
			high = true
		}
	}
	if high && !utf8.ValidString(path) {
		return false, "the path is not UTF-8" // overlong forms of a slash or a dot among others
	}
	return plain, ""
}

// isDots recognises "." and ".." and what Windows makes of these or of nothing by dropping final spaces.
func isDots(segment string) bool {
	switch segment[len(segment)-1] {
	case ' ':
		segment = strings.TrimRight(segment, " ")
	case '.':
	default:
		return false
	}
	return segment == "" || segment == "." || segment == ".."
}

// checkRaw checks the path as it was sent, where package net/url keeps it because its own escaping would differ, and
// that it decodes to path. What it refuses in both spellings, checkPath refuses in path.
func checkRaw(raw, path string) string {
	j := 0
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch c {
		case '#', ' ':
			return "a raw # or space in the path"
		case '%':
			var ok bool
			if c, ok = unhex(raw, i); !ok {
				return "an invalid escape in the path"
			}
			i += 2
			if c == '/' || c == '.' {
				return "an encoded slash or dot in the path"
			}
		}
		if j >= len(path) || path[j] != c {
			return "the path and its escaped form differ" // a handler before us changed one of them
		}
		j++
	}
	if j != len(path) {
		return "the path and its escaped form differ"
	}
	return ""
}

func checkQuery(query string) string {
	for i := 0; i < len(query); i++ {
		switch c := query[i]; {
		case c == '#' || c <= ' ' || c == 0x7f:
			return "a raw #, space or control byte in the query"
		case c == '%':
			if _, ok := unhex(query, i); !ok {
				return "an invalid escape in the query"
			}
		}
	}
	return ""
}
