package middleware

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// answer is the ResponseWriter the next handler writes to. It changes the header once, just before it is sent, when the
// next handler can no longer add to it, and passes everything else on: Flush and FlushError, ReadFrom (and with it
// sendfile), informational answers, and what http.ResponseController finds through Unwrap.
type answer struct {
	http.ResponseWriter
	policy  *policy
	in, out *http.Request
	expires time.Time
	private bool
	token   string // in the path shape, else ""
	subject string // what stands in its place for the next handler
	done    bool   // the header has been changed
}

var (
	_ http.Flusher    = (*answer)(nil)
	_ http.Hijacker   = (*answer)(nil)
	_ io.ReaderFrom   = (*answer)(nil)
	_ io.StringWriter = (*answer)(nil)
)

// Unwrap serves http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (a *answer) WriteHeader(status int) {
	if status < 200 && status != http.StatusSwitchingProtocols {
		a.ResponseWriter.WriteHeader(status) // informational; the real header comes later
		return
	}
	a.finish(status)
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	a.finish(http.StatusOK)
	return a.ResponseWriter.Write(b)
}

func (a *answer) WriteString(s string) (int, error) {
	a.finish(http.StatusOK)
	return io.WriteString(a.ResponseWriter, s)
}

func (a *answer) ReadFrom(src io.Reader) (int64, error) {
	a.finish(http.StatusOK)
	if w, ok := a.ResponseWriter.(io.ReaderFrom); ok {
		return w.ReadFrom(src)
	}
	return io.Copy(struct{ io.Writer }{a.ResponseWriter}, src)
}

func (a *answer) Flush() { _ = a.FlushError() }

// FlushError is what http.ResponseController calls.
func (a *answer) FlushError() error {
	a.finish(http.StatusOK)
	return http.NewResponseController(a.ResponseWriter).Flush()
}

func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	a.finish(http.StatusSwitchingProtocols)
	return http.NewResponseController(a.ResponseWriter).Hijack()
}

// finish changes the header, once, for an answer of that status.
func (a *answer) finish(status int) {
	if a.done {
		return
	}
	a.done = true
	h := a.ResponseWriter.Header()
	canonical(h)
	a.policy.cors.write(h, a.policy.cors.origin(a.in))
	h.Set("Referrer-Policy", "no-referrer") // the page's address is a key to it
	dropReports(h)                          // and so is what a browser reports of it
	boundFreshness(h, a.policy.now(), a.expires, a.private)
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

// canonical gives the fields that finish deals with their canonical names: a handler that wrote to the map itself may
// have used others.
func canonical(h http.Header) {
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
