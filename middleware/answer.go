package middleware

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
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
	own     ownLines
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
	if status < 200 && !(status == http.StatusSwitchingProtocols && a.in.ProtoMajor == 1) {
		a.ResponseWriter.WriteHeader(status) // informational, as 101 is in HTTP/2; the real header comes later
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
	first := !a.done
	a.finish(http.StatusOK)
	err := http.NewResponseController(a.ResponseWriter).Flush()
	if first && errors.Is(err, http.ErrNotSupported) {
		a.done = false // nothing was sent: the header may still be changed, and has to be bounded again
	}
	return err
}

// Hijack leaves the header alone: who takes over the connection writes its own, and who is refused it goes on as before.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(a.ResponseWriter).Hijack()
	if err == nil {
		a.finish(http.StatusSwitchingProtocols)
	}
	return conn, rw, err
}

// finish changes the header, once, for an answer of that status.
func (a *answer) finish(status int) {
	if a.done {
		return
	}
	a.done = true
	h := a.ResponseWriter.Header()
	holds := survey(h)
	if holds&misnamed != 0 {
		canonical(h)
		holds = survey(h)
	}
	a.policy.cors.write(h, &a.own, a.policy.cors.origin(a.in), holds&accessControl != 0)
	a.own.set(h, "Referrer-Policy", "no-referrer") // the page's address is a key to it
	if holds&reporting != 0 {
		dropReports(h) // and so is what a browser reports of it
	}
	switch {
	case holds&freshening != 0:
		boundFreshness(h, &a.own, a.policy.now(), a.expires, a.private)
	case a.private:
		a.own.set(h, "Cache-Control", "private")
	}
	if status == http.StatusNotModified && len(h["Cache-Control"]) == 0 {
		// A cache puts the fields of a 304 in place of the stored ones and counts anew from now (RFC 9111, 4.3.4). An
		// origin that leaves Cache-Control out of it would have the stored max-age, which was the token's life then,
		// begin again.
		a.own.set(h, "Cache-Control", "no-cache")
	}
	if a.token != "" && holds&locating != 0 {
		a.relocate(h)
	}
}
