package middleware

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What stands here changes the header of an answer the plain way: it goes through it once for each question, whatever it
// holds, and reads each field anew. What is in use must do the same to it.

func (a *answer) slowFinish(h http.Header, status int) {
	slowCanonical(h)
	slowCORS(&a.policy.cors, h, a.policy.cors.origin(a.in))
	h.Set("Referrer-Policy", "no-referrer") // the page's address is a key to it
	dropReports(h)                          // and so is what a browser reports of it
	slowBoundFreshness(h, a.policy.now(), a.expires, a.private)
	if status == http.StatusNotModified && len(h["Cache-Control"]) == 0 {
		// A cache puts the fields of a 304 in place of the stored ones and counts anew from now (RFC 9111, 4.3.4). An
		// origin that leaves Cache-Control out of it would have the stored max-age, which was the token's life then,
		// begin again.
		h.Set("Cache-Control", "no-cache")
	}
	if a.token != "" {
		a.relocate(h)
	}
}

func slowCanonical(h http.Header) {
	for name, lines := range h {
		c := http.CanonicalHeaderKey(name)
		if c == name {
			continue
		}
		switch {
		case freshnessField(c), strings.HasPrefix(c, "Access-Control-"),
			c == "Location", c == "Content-Location", c == "Referrer-Policy", c == "Vary",
			reportField(c), c == "Content-Security-Policy":
			delete(h, name)
			h[c] = append(h[c][:len(h[c]):len(h[c])], lines...)
		}
	}
}

func slowCORS(c *cors, h http.Header, origin string) {
	for name := range h {
		if strings.HasPrefix(name, "Access-Control-") && (origin == "" || name != "Access-Control-Expose-Headers") {
			delete(h, name)
		}
	}
	if !c.any {
		h.Add("Vary", "Origin")
	}
	if origin == "" {
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Add("Access-Control-Expose-Headers", exposed)
	if c.credentials {
		h.Set("Access-Control-Allow-Credentials", "true")
	}
}

func slowBoundFreshness(h http.Header, now, expires time.Time, private bool) {
	life := max(int64(expires.Sub(now)/time.Second), 0)
	var of freshness
	of.life, of.base, of.longest = life, -1, slowMostSeconds(h, life)
	if lines := h["Expires"]; len(lines) > 0 {
		// A cache whose clock differs from Date takes Expires as counted from there (RFC 9111, 4.2.1), and not every
		// one of them takes off again how old the answer then is.
		date := earliest(h["Date"], now)
		at := boundExpires(lines, earlier(expires, date.Add(time.Duration(life)*time.Second)))
		if at.IsZero() {
			h.Set("Expires", "0")
			of.base = 0
		} else {
			h.Set("Expires", at.UTC().Format(http.TimeFormat))
			of.base = max(int64(at.Sub(date)/time.Second), 0)
		}
	}
	if lines := h["X-Accel-Expires"]; len(lines) > 0 {
		// nginx puts this above everything else but the stale directives of Cache-Control, which it adds.
		value, fresh := "", int64(0)
		if !private && len(lines) == 1 {
			value, fresh = boundAccel(lines[0], now, expires, life)
		}
		slowSetOrDelete(h, "X-Accel-Expires", value)
		of.longest = max(of.longest, fresh)
	}
	of.longest = max(of.longest, of.base)
	if lines := h["Cache-Control"]; len(lines) > 0 || private || of.longest >= life {
		slowSetOrDelete(h, "Cache-Control", of.slowBoundDirectives(lines, private))
	}
	for name, lines := range h {
		switch {
		case name == "Edge-Control":
			delete(h, name) // units of its own, and nobody says which are all of them
		case targeted(name) && private:
			delete(h, name)
		case targeted(name):
			of.base = -1 // it stands for itself
			slowSetOrDelete(h, name, of.slowBoundDirectives(lines, false))
		}
	}
}

func slowMostSeconds(h http.Header, life int64) int64 {
	most := int64(-1)
	for name, lines := range h {
		if name != "Cache-Control" && !targeted(name) {
			continue
		}
		directives, _ := slowParseDirectives(lines)
		for _, d := range directives {
			if n := d.number(); n == maxAge || n == sMaxAge {
				most = max(most, boundSeconds(d.value, life))
			}
		}
	}
	return most
}

func slowSetOrDelete(h http.Header, name, value string) {
	if value == "" {
		h.Del(name)
	} else {
		h.Set(name, value)
	}
}

func (f freshness) slowBoundDirectives(lines []string, private bool) string {
	directives, ok := slowParseDirectives(lines)
	if !ok {
		return "no-store"
	}
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
	var out []string
	for _, d := range directives {
		n := d.number()
		switch {
		case n >= 0:
			if seconds[n] >= 0 {
				out = append(out, d.name+"="+strconv.FormatInt(seconds[n], 10))
				seconds[n] = -1
			}
		case d.name == "public" && private, d.name == "private" && private:
		case d.name == "public", d.name == "private", d.name == "no-cache", d.name == "no-store":
			out = append(out, d.name) // without a list of fields: some caches misread it, all know the bare word
		case strings.IndexByte(d.value, ',') >= 0, d.holdsNumbered():
			// A list in an unknown directive: a cache that splits at every comma would read what stands in it. One
			// that searches for "max-age=", as nginx does, finds it in "x-max-age=9999".
		case d.value != "":
			out = append(out, d.name+"="+d.value)
		default:
			out = append(out, d.name)
		}
	}
	switch {
	case private:
		out = append(out, "private")
	case f.longest >= f.life && !slices.Contains(out, "must-revalidate"):
		// Fresh until the token ends, and after that a cache might still serve it stale: when it cannot reach us
		// (RFC 9111, 4.2.4), or while it asks again. This forbids both.
		out = append(out, "must-revalidate")
	}
	return strings.Join(out, ", ")
}

func slowParseDirectives(lines []string) ([]directive, bool) {
	var list []directive
	for _, line := range lines {
		for line != "" {
			end, ok := elementEnd(line)
			if !ok {
				return nil, false
			}
			element := strings.Trim(line[:end], " \t")
			line = line[min(end+1, len(line)):]
			if element == "" {
				continue
			}
			name, value, _ := strings.Cut(element, "=")
			if before, _, early := strings.Cut(name, ";"); early {
				name, value = before, ""
			}
			name, value = strings.Trim(name, " \t"), strings.Trim(value, " \t")
			if !isToken(name) {
				return nil, false
			}
			list = append(list, directive{strings.ToLower(name), value})
		}
	}
	return list, true
}
