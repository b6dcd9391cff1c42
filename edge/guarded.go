package edge

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
)

// guarded runs the handler with a bound on standing still, and turns a panic into an answer.
func (s *Server) guarded(w http.ResponseWriter, r *http.Request) {
	// Close must end requests that another http.Server carries, too.
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()

	sw := newStallWriter(w, s.limits.stall)
	defer sw.finish()
	r = r.WithContext(ctx)
	r.Body = boundBody(w, r.Body, s.limits.stall)
	defer s.recover(sw)
	s.handler.ServeHTTP(sw, r)
}

// recover answers 500 for a panic in the handler, or cuts the connection where an answer has begun.
func (s *Server) recover(w *stallWriter) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler { // the reverse proxy's way to cut a response short
		panic(v)
	}
	stack := make([]byte, 16<<10)
	stack = stack[:runtime.Stack(stack, false)] // functions and addresses, no strings
	attrs := []any{slog.String("panic", redact(fmt.Sprint(v))), slog.String("stack", string(stack))}
	if w.started {
		s.log.Error("panic while answering: connection cut", attrs...)
		panic(http.ErrAbortHandler)
	}
	instance := problem(w, http.StatusInternalServerError, "")
	s.log.Error("panic while answering", append(attrs, slog.String("instance", instance))...)
}

// redact replaces what could be a token, or the better part of one, in a text that others wrote: a run of base64url
// letters and dots with two dots or of more than 64 letters.
func redact(s string) string {
	var out strings.Builder
	for len(s) > 0 {
		n, dots := 0, 0
		for n < len(s) && tokenByte(s[n]) {
			if s[n] == '.' {
				dots++
			}
			n++
		}
		switch {
		case n > 64, n > 32 && dots >= 2:
			out.WriteString("[redacted]")
		case n > 0:
			out.WriteString(s[:n])
		default:
			n = 1
			out.WriteByte(s[0])
		}
		s = s[n:]
	}
	return out.String()
}

func tokenByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.'
}
