package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/streamtoken/streamtoken/store"
)

// handler serves a table of routes.
type handler struct {
	store    store.Store
	node     Node // nil in a minter
	tokens   Authenticator
	lease    time.Duration
	turnHost string
	now      func() time.Time
	log      *slog.Logger
	routes   []route
	own      *ownKeys
	signers  func(c *call) (minter, error) // who signs when the caller brings no key
	sets     documents
}

// RequestIDHeader carries a random id for each request, which the line in the log repeats.
const RequestIDHeader = "X-Request-Id"

// call is one request on its way.
type call struct {
	match
	request   *http.Request
	writer    http.ResponseWriter
	principal Principal
	account   string // whose state is asked for; "" only in a follower's call, for all
	id        string
}

func (c *call) by() store.By { return store.By{Account: c.account, Actor: c.principal.Name} }

// storeTimeout bounds what a call asks of the database. What it waits for afterwards, the nodes, is bounded by their leases.
const storeTimeout = 15 * time.Second

// database gives the context for the database's part of a call.
func (c *call) database() (context.Context, context.CancelFunc) {
	return context.WithTimeout(c.request.Context(), storeTimeout)
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	c := &call{request: r, writer: w, id: randomID()}
	header := w.Header()
	header.Set(RequestIDHeader, c.id)
	header.Set("Cache-Control", "no-store") // answers hold keys and tokens
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	a, f := h.answer(c)
	status := 0
	if f != nil {
		status = f.write(w)
	} else {
		status = a.write(w, r)
	}
	h.logCall(c, status, f, time.Since(start))
}

// answer runs the handler of c's route. Nothing has been written before it returns, so that a panic has a clean answer too.
func (h *handler) answer(c *call) (a answer, f *fault) {
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler { //nolint:errorlint // it is compared so in net/http too
				panic(p)
			}
			h.logPanic(c, p)
			a, f = answer{}, internalError()
		}
	}()
	if c.match, f = find(h.routes, c.request); f != nil {
		return answer{}, f
	}
	if f = h.admit(c); f != nil {
		return answer{}, f
	}
	if h.node != nil && c.route.access != public && h.node.Live() != nil {
		return answer{}, leaseOver()
	}
	a, err := c.route.serve(h, c)
	if err != nil {
		f = faultOf(err)
		if error(f) != err && f.code != codeLeaseOver && f.status >= http.StatusInternalServerError {
			h.logError(c, err)
		}
		return answer{}, c.once(f)
	}
	return a, nil
}

// once keeps the SDKs from sending by themselves what may have been done: a second create would leave an object behind whose
// secret nobody has.
func (c *call) once(f *fault) *fault {
	if f.code != codeStoreTimeout || c.request.Method != http.MethodPost {
		return f
	}
	again := *f
	again.final = true
	return &again
}

// logCall writes the one line of a request: which route, not which path, because a path may hold what somebody took for an
// id. Nothing a stranger sent is in it but ids that have the form of one.
func (h *handler) logCall(c *call, status int, f *fault, took time.Duration) {
	if h.log == nil {
		return
	}
	level := slog.LevelDebug
	switch {
	case status >= http.StatusInternalServerError:
		level = slog.LevelWarn
	case status >= http.StatusBadRequest, c.route != nil && c.route.changes:
		level = slog.LevelInfo
	}
	ctx := c.request.Context()
	if !h.log.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 10)
	attrs = append(attrs, slog.String("id", c.id), slog.String("method", logMethod(c.request.Method)))
	if c.route != nil {
		attrs = append(attrs, slog.String("route", c.route.pattern))
		if c.account != "" {
			attrs = append(attrs, slog.String("account", c.account))
		}
		if c.principal.Name != "" {
			attrs = append(attrs, slog.String("by", c.principal.Name))
		}
	}
	attrs = append(attrs, slog.Int("status", status), slog.Duration("took", took))
	if f != nil {
		attrs = append(attrs, slog.Int("code", f.code), slog.String("error", f.message))
		if f.status == http.StatusUnauthorized || f.status == http.StatusForbidden {
			attrs = append(attrs, slog.String("remote", c.request.RemoteAddr))
		}
	}
	h.log.LogAttrs(ctx, level, "api", attrs...)
}

// logError tells the operator, and only the operator, what the store said.
func (h *handler) logError(c *call, err error) {
	if h.log != nil && !errors.Is(err, context.Canceled) {
		h.log.LogAttrs(c.request.Context(), slog.LevelError, "api: failed", slog.String("id", c.id), slog.String("route", c.route.pattern), slog.String("error", err.Error()))
	}
}

// logPanic leaves the panic's value out, which may be anything, a key included.
func (h *handler) logPanic(c *call, p any) {
	if h.log == nil {
		return
	}
	kind := "value"
	if _, ok := p.(error); ok {
		kind = "error"
	}
	h.log.LogAttrs(c.request.Context(), slog.LevelError, "api: panic", slog.String("id", c.id), slog.String("kind", kind), slog.String("stack", string(debug.Stack())))
}

func logMethod(m string) string {
	if len(m) > 16 || strings.Trim(m, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "other"
	}
	return m
}

// moment gives the time of what is made now.
func (h *handler) moment() time.Time { return h.now().UTC() }

// randomID gives 32 lower-case hexadecimal digits, the form of Cloudflare's ids.
func randomID() string {
	var random [16]byte
	rand.Read(random[:]) // never fails
	return hex.EncodeToString(random[:])
}

func isTimeout(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}
