package middleware

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// freshnessField says whether a canonical field name says how long an answer may be kept.
func freshnessField(name string) bool {
	return name == "Cache-Control" || name == "Expires" || name == "X-Accel-Expires" || name == "Edge-Control" || targeted(name)
}

// targeted says whether a canonical field name is a Cache-Control for one cache or class of caches: CDN-Cache-Control and
// others named alike (RFC 9213), or their forerunner.
func targeted(name string) bool {
	return name == "Surrogate-Control" || strings.HasSuffix(name, "-Cache-Control")
}

// usualDirectives is how many directives a Cache-Control holds at most, but for odd ones: so many cost no allocation.
const usualDirectives = 8

// boundFreshness changes h so that no cache keeps the answer fresh, or serves it stale, beyond expires. No freshness is
// added where none was said. A private answer is private for every shared cache.
func boundFreshness(h http.Header, own *ownLines, now, expires time.Time, private bool) {
	life := max(int64(expires.Sub(now)/time.Second), 0)
	var usual [usualDirectives]directive
	directives, readable := parseDirectives(usual[:0], h["Cache-Control"])
	var of freshness
	of.life, of.base, of.longest = life, -1, mostSeconds(directives, life)
	others := false // fields for one cache or class of caches
	for name, lines := range h {
		if targeted(name) {
			var usual [usualDirectives]directive
			directives, _ := parseDirectives(usual[:0], lines)
			of.longest = max(of.longest, mostSeconds(directives, life))
		}
		others = others || targeted(name) || name == "Edge-Control"
	}
	if lines := h["Expires"]; len(lines) > 0 {
		// A cache whose clock differs from Date takes Expires as counted from there (RFC 9111, 4.2.1), and not every
		// one of them takes off again how old the answer then is.
		date := earliest(h["Date"], now)
		at := boundExpires(lines, earlier(expires, date.Add(time.Duration(life)*time.Second)))
		if at.IsZero() {
			own.set(h, "Expires", "0")
			of.base = 0
		} else {
			own.set(h, "Expires", at.UTC().Format(http.TimeFormat))
			of.base = max(int64(at.Sub(date)/time.Second), 0)
		}
	}
	if lines := h["X-Accel-Expires"]; len(lines) > 0 {
		// nginx puts this above everything else but the stale directives of Cache-Control, which it adds.
		value, fresh := "", int64(0)
		if !private && len(lines) == 1 {
			value, fresh = boundAccel(lines[0], now, expires, life)
		}
		setOrDelete(h, own, "X-Accel-Expires", value)
		of.longest = max(of.longest, fresh)
	}
	of.longest = max(of.longest, of.base)
	if lines := h["Cache-Control"]; len(lines) > 0 || private || of.longest >= life {
		of.setDirectives(h, own, "Cache-Control", directives, readable, private)
	}
	if !others {
		return
	}
	for name, lines := range h {
		switch {
		case name == "Edge-Control":
			delete(h, name) // units of its own, and nobody says which are all of them
		case targeted(name) && private:
			delete(h, name)
		case targeted(name):
			of.base = -1 // it stands for itself
			var usual [usualDirectives]directive
			directives, readable := parseDirectives(usual[:0], lines)
			of.setDirectives(h, own, name, directives, readable, false)
		}
	}
}

// freshness is what is known of an answer while its fields are bounded, in seconds.
type freshness struct {
	life    int64 // of the token: the bound
	base    int64 // how long the field at hand leaves the answer fresh by what stands elsewhere, -1 if nobody says
	longest int64 // the same of all fields together: a cache may take its freshness from one and add the staleness of another
}

// mostSeconds gives the longest freshness that a field of directives states, -1 if it states none.
func mostSeconds(directives []directive, life int64) int64 {
	most := int64(-1)
	for _, d := range directives {
		if n := d.number(); n == maxAge || n == sMaxAge {
			most = max(most, boundSeconds(d.value, life))
		}
	}
	return most
}

// boundAccel bounds nginx's own field, seconds or "@" and a time, and gives how long that is from now.
func boundAccel(value string, now, expires time.Time, life int64) (bounded string, fresh int64) {
	if at, ok := strings.CutPrefix(value, "@"); ok {
		n := boundSeconds(at, expires.Unix())
		return "@" + strconv.FormatInt(n, 10), max(n-now.Unix(), 0)
	}
	fresh = boundSeconds(value, life)
	return strconv.FormatInt(fresh, 10), fresh
}

// earliest gives the earliest of limit and those of lines that can be read.
func earliest(lines []string, limit time.Time) time.Time {
	for _, line := range lines {
		if at, err := http.ParseTime(line); err == nil {
			limit = earlier(limit, at)
		}
	}
	return limit
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func setOrDelete(h http.Header, own *ownLines, name, value string) {
	if value == "" {
		h.Del(name)
	} else {
		own.set(h, name, value)
	}
}

// boundExpires gives the earliest of the times in lines and limit; zero if one cannot be read, which means the past
// (RFC 9111, 5.3).
func boundExpires(lines []string, limit time.Time) time.Time {
	for _, line := range lines {
		at, err := http.ParseTime(line)
		if err != nil {
			return time.Time{}
		}
		limit = earlier(limit, at)
	}
	return limit
}

// numbered are the directives that hold seconds (RFC 9111, 5.2.2; RFC 5861).
var numbered = [...]string{maxAge: "max-age", sMaxAge: "s-maxage", staleRevalidate: "stale-while-revalidate", staleError: "stale-if-error"}

const (
	maxAge = iota
	sMaxAge
	staleRevalidate
	staleError
)

// setDirectives writes directives, bounded, as the one line of a field; a field without any is deleted. What could not be
// read for certain becomes no-store.
func (f freshness) setDirectives(h http.Header, own *ownLines, name string, directives []directive, readable, private bool) {
	if !readable {
		own.set(h, name, "no-store")
		return
	}
	var usual [192]byte
	value := f.boundDirectives(usual[:0], directives, private)
	if lines := h[name]; len(value) == 0 || len(lines) != 1 || lines[0] != string(value) {
		setOrDelete(h, own, name, string(value))
	}
}

// boundDirectives appends the members of a Cache-Control to out, in which no number allows more than the token's life,
// the stale ones counted on top of the fresh.
func (f freshness) boundDirectives(out []byte, directives []directive, private bool) []byte {
	seconds := [len(numbered)]int64{-1, -1, -1, -1}
	for _, d := range directives {
		if n := d.number(); n >= 0 && !(private && n == sMaxAge) {
			if s := boundSeconds(d.value, f.life); seconds[n] < 0 || s < seconds[n] {
				seconds[n] = s // of two that differ a cache may take either
			}
		}
	}
	if max(f.base, seconds[maxAge], seconds[sMaxAge]) < 0 {
		// Stale after what? A cache that guesses the freshness could end anywhere.
		seconds[staleRevalidate], seconds[staleError] = -1, -1
	} else {
		seconds[staleRevalidate] = min(seconds[staleRevalidate], max(f.life-f.longest, 0))
		seconds[staleError] = min(seconds[staleError], max(f.life-f.longest, 0))
	}
	asked := false // for must-revalidate
	for _, d := range directives {
		n := d.number()
		switch {
		case n >= 0:
			if seconds[n] >= 0 {
				out = appendMember(out, d.name, "=")
				out = strconv.AppendInt(out, seconds[n], 10)
				seconds[n] = -1
			}
		case d.name == "public" && private, d.name == "private" && private:
		case d.name == "public", d.name == "private", d.name == "no-cache", d.name == "no-store":
			out = appendMember(out, d.name, "") // without a list of fields: some caches misread it, all know the bare word
		case strings.IndexByte(d.value, ',') >= 0, d.holdsNumbered():
			// A list in an unknown directive: a cache that splits at every comma would read what stands in it. One
			// that searches for "max-age=", as nginx does, finds it in "x-max-age=9999".
		case d.value != "":
			out = append(appendMember(out, d.name, "="), d.value...)
		default:
			asked = asked || d.name == mustRevalidate
			out = appendMember(out, d.name, "")
		}
	}
	switch {
	case private:
		out = appendMember(out, "private", "")
	case f.longest >= f.life && !asked:
		// Fresh until the token ends, and after that a cache might still serve it stale: when it cannot reach us
		// (RFC 9111, 4.2.4), or while it asks again. This forbids both.
		out = appendMember(out, mustRevalidate, "")
	}
	return out
}

const mustRevalidate = "must-revalidate"

// appendMember appends a member of a list, up to its value.
func appendMember(out []byte, name, sign string) []byte {
	if len(out) > 0 {
		out = append(out, ", "...)
	}
	return append(append(out, name...), sign...)
}

// boundSeconds reads delta-seconds. A number beyond all bounds is the limit, and what is no number is 0.
func boundSeconds(s string, limit int64) int64 {
	s = unquote(s)
	if s == "" {
		return 0
	}
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > limit {
		return limit
	}
	return n
}

func unquote(s string) string {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}

// directive is one member of a Cache-Control; name in lower case, value as it stood, quotes and all.
type directive struct{ name, value string }

// number gives the index in numbered, -1 for another directive.
func (d directive) number() int {
	for i, name := range numbered {
		if d.name == name {
			return i
		}
	}
	return -1
}

// holdsNumbered says whether an unknown directive has the name of a numbered one within it.
func (d directive) holdsNumbered() bool {
	value := strings.ToLower(d.value)
	for _, name := range numbered {
		if strings.Contains(d.name, name) || strings.Contains(value, name) {
			return true
		}
	}
	return false
}

// parseDirectives reads #cache-directive (RFC 9111, 5.2), token [ "=" ( token / quoted-string ) ], and appends each to
// list. Parameters after a semicolon (RFC 9213) stay with the value, and go where there is none: half of a quoted string
// would hide from some caches what we write behind it. It gives none and false for what is anything else.
func parseDirectives(list []directive, lines []string) ([]directive, bool) {
	for _, line := range lines {
		for line != "" {
			end, ok := elementEnd(line)
			if !ok {
				return nil, false
			}
			element := trimBlanks(line[:end])
			line = line[min(end+1, len(line)):]
			if element == "" {
				continue
			}
			name, value := element, ""
			if i := strings.IndexAny(element, "=;"); i >= 0 {
				if name = trimBlanks(element[:i]); element[i] == '=' {
					value = trimBlanks(element[i+1:])
				}
			}
			if !isToken(name) {
				return nil, false
			}
			list = append(list, directive{strings.ToLower(name), value})
		}
	}
	return list, true
}

// elementEnd gives the place of the comma that ends the first element of s, or its length. Commas in quotes do not.
func elementEnd(s string) (int, bool) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c < ' ' && c != '\t' || c >= 0x7f:
			return 0, false
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++
		case c == ',' && !quoted:
			return i, true
		}
	}
	return len(s), !quoted
}
