package middleware

import (
	"net/http"
	"strings"
)

// contents says which fields that finish deals with stand in a header.
type contents uint8

const (
	misnamed      contents = 1 << iota // one of these fields, under a name that is not its canonical one
	accessControl                      // of CORS
	reporting                          // makes a browser report to others
	freshening                         // says how long the answer may be kept
	locating                           // leads to a resource
)

// survey reads the names in h once, so that what is not there costs nothing more.
func survey(h http.Header) (holds contents) {
	for name := range h {
		c := http.CanonicalHeaderKey(name)
		switch what := contentOf(c); {
		case c == name:
			holds |= what
		case what != 0, c == "Referrer-Policy", c == "Vary":
			holds |= misnamed
		}
	}
	return holds
}

// contentOf says which of contents a canonical field name is; 0: none.
func contentOf(name string) contents {
	switch {
	case name == "Location", name == "Content-Location":
		return locating
	case freshnessField(name):
		return freshening
	case strings.HasPrefix(name, "Access-Control-"):
		return accessControl
	case reportField(name), name == "Content-Security-Policy":
		return reporting
	}
	return 0
}

// canonical gives the fields that finish deals with their canonical names: a handler that wrote to the map itself may
// have used others.
func canonical(h http.Header) {
	for name, lines := range h {
		if c := http.CanonicalHeaderKey(name); c != name && (contentOf(c) != 0 || c == "Referrer-Policy" || c == "Vary") {
			delete(h, name)
			h[c] = append(h[c][:len(h[c]):len(h[c])], lines...)
		}
	}
}

// ownLines holds the values that an answer gives fields of one line. They are made with the exchange, and are no other
// answer's: a handler around this one may write to them.
type ownLines struct {
	line [6]string
	n    int
}

// set is h.Set for a canonical name.
func (o *ownLines) set(h http.Header, name, value string) {
	if o.n == len(o.line) {
		h[name] = []string{value}
		return
	}
	o.line[o.n] = value
	o.n++
	h[name] = o.line[o.n-1 : o.n : o.n]
}

// add is h.Add for a canonical name. It writes to no slice of the next handler's.
func (o *ownLines) add(h http.Header, name, value string) {
	if lines := h[name]; len(lines) > 0 {
		h[name] = append(lines[:len(lines):len(lines)], value)
		return
	}
	o.set(h, name, value)
}
