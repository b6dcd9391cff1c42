// Package middleware checks Stream tokens in front of an http.Handler.
//
// A request for {mount}/{token}/rest is answered by the next handler as {mount}/{subject}/rest if the token allows it,
// and refused otherwise. The next handler never sees the token: not in the path, the query, a header or a cookie. It
// finds out who was let in with [IdentityFrom].
//
// Each request is judged in this order, and the first refusal is the answer: the request target, CORS preflight, the
// method, the token, downloads, access rules. What cannot be read in one way only is refused, so that the decision and
// the next handler cannot differ on which resource it is about.
//
// # Freshness
//
// An answer's Cache-Control, Expires, CDN-Cache-Control and its like (RFC 9213), Surrogate-Control and X-Accel-Expires are
// cut to the token's remaining life, and what is fresh until its end is must-revalidate after it. Answers to tokens with
// access rules, and to tokens that came outside the path, are private: a shared cache would hand an allowed viewer's
// bytes to a blocked one. Where the next handler sends no freshness none is invented, and a cache may then guess one from
// Last-Modified (RFC 9111, 4.2.2): send a max-age with whatever a shared cache in front of this handler must forget in
// time. A cache that was told to serve stale whatever we say (proxy_cache_use_stale updating, in nginx) hands out what a
// token's end should have ended.
//
// # Viewers
//
// Without TrustedProxies the viewer is the TCP peer and no header changes that. To see in production that the list is
// right, send a request with X-Forwarded-For: 192.0.2.1 and look at the address in the debug log (LogIP): if it is
// 192.0.2.1, or a proxy's, the list is wrong.
package middleware

import (
	"net/http"
	"strings"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/gate"
)

// New checks cfg and gives the middleware. Its handlers are safe for concurrent use. It panics when it is put in front
// of a nil handler.
func New(cfg Config) (func(http.Handler) http.Handler, error) {
	p, err := compile(cfg)
	if err != nil {
		return nil, err
	}
	return func(next http.Handler) http.Handler {
		if next == nil {
			panic("middleware: the next handler is nil")
		}
		return &handler{policy: p, next: next}
	}, nil
}

// problem is why a request is refused before or beside the gate.
type problem struct {
	reason streamtoken.Reason
	detail string
}

func invalid(detail string) problem {
	return problem{streamtoken.ReasonRequestInvalid, detail}
}

func ambiguous(detail string) problem {
	return problem{streamtoken.ReasonTokenAmbiguous, detail}
}

type handler struct {
	*policy
	next http.Handler
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var j judgement
	h.judge(r, &j)
	switch {
	case j.Allowed:
		h.logAllowed(r, &j)
		h.pass(w, r, &j)
	case j.preflight:
		h.cors.preflight(w, r, h.methods.allowed(j.target.rest()))
	default:
		h.refuse(w, r, &j)
	}
}

// judgement is what is found out about a request on the way to the decision.
type judgement struct {
	gate.Decision
	target    target
	found     found // as far as found; until the decision allows, for redaction and its digest only
	viewer    accessrules.Viewer
	looked    bool   // the viewer was looked for
	why       string // why the viewer's address is unavailable
	allow     string // methods, for 405
	preflight bool   // a CORS preflight, which is not judged further
}

// judge decides on r. Nothing here allocates for a request that is allowed: it is asked for every segment of every viewer.
func (h *handler) judge(r *http.Request, j *judgement) {
	var p problem
	if j.target, p = readTarget(r, h.mount); p.reason != "" {
		j.refuse(p)
		return
	}
	rest := j.target.rest()
	if isPreflight(r) {
		j.preflight = true
		return
	}
	if !h.methods.allow(r, rest) {
		j.refuse(problem{streamtoken.ReasonMethodNotAllowed, "this method or upgrade does not pass here"})
		j.allow, j.found.token = h.methods.allowed(rest), j.target.pathToken()
		return
	}
	if j.found, p = h.sources.find(r, &j.target); p.reason != "" {
		j.refuse(p)
		return
	}
	j.viewer, j.why = h.viewers.of(r)
	j.looked = true
	q := gate.Request{Token: j.found.token, Viewer: j.viewer}
	if !j.found.inPath {
		if q.Resource.Subject = j.target.first; j.target.first == "" {
			q.Resource.Subject = "/" // no subject has a slash; "" would stand for the token's own
		}
	}
	q.Resource.Download = isDownload(h.downloads, rest)
	j.Decision = h.gate.Decide(r.Context(), q)
	if j.Allowed && strings.Contains(r.Host, j.found.token) {
		j.refuse(invalid("the token stands in the host"))
	}
}

// refuse puts a problem in the gate's form, in place of any decision.
func (j *judgement) refuse(p problem) {
	j.Decision = gate.Decision{Reason: p.reason, Detail: p.detail, Rule: -1}
}
