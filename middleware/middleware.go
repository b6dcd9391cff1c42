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
	t, p := readTarget(r, h.mount)
	if p.reason != "" {
		h.refuse(w, r, refusal{Decision: decided(p)})
		return
	}
	rest := t.rest()
	if isPreflight(r) {
		h.cors.preflight(w, r, h.methods.allowed(rest))
		return
	}
	if !h.methods.allow(r, rest) {
		h.refuse(w, r, refusal{
			Decision: decided(problem{streamtoken.ReasonMethodNotAllowed, "this method or upgrade does not pass here"}),
			target:   t, allow: h.methods.allowed(rest), token: t.pathToken(),
		})
		return
	}
	f, p := h.sources.find(r, t)
	if p.reason != "" {
		h.refuse(w, r, refusal{Decision: decided(p), target: t, token: f.token})
		return
	}
	viewer, why := h.viewers.of(r)
	q := gate.Request{Token: f.token, Viewer: viewer}
	if !f.inPath {
		if q.Resource.Subject = t.first; t.first == "" {
			q.Resource.Subject = "/" // no subject has a slash; "" would stand for the token's own
		}
	}
	q.Resource.Download = isDownload(h.downloads, rest)
	d := h.gate.Decide(r.Context(), q)
	if d.Allowed && strings.Contains(r.Host, f.token) {
		d = decided(invalid("the token stands in the host"))
	}
	if !d.Allowed {
		h.refuse(w, r, refusal{Decision: d, target: t, token: f.token, viewer: viewer, looked: true, why: why})
		return
	}
	h.logAllowed(r, t, d, viewer)

	x := &exchange{}
	x.ctx = identityContext{
		Context: r.Context(),
		identity: Identity{
			Subject:      d.Token.Subject(),
			KeyID:        d.Token.KeyID(),
			Expires:      d.Token.Expires(),
			Downloadable: d.Token.Downloadable(),
		},
		viewers: &h.viewers,
		in:      r,
	}
	out := x.request(h.policy, r, t, f)
	x.answer = answer{
		ResponseWriter: w,
		policy:         h.policy,
		in:             r,
		out:            out,
		expires:        d.Token.Expires(),
		private:        !f.inPath || d.Token.Rules().Len() > 0,
	}
	if f.inPath {
		x.answer.token, x.answer.subject = f.token, d.Token.Subject()
	}
	h.next.ServeHTTP(&x.answer, out)
	x.answer.finish(http.StatusOK)
}

// decided is the decision of a problem, in the gate's form.
func decided(p problem) gate.Decision {
	return gate.Decision{Reason: p.reason, Detail: p.detail, Rule: -1}
}
