package moq

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	streamtoken "github.com/streamtoken/streamtoken"
)

// Handler lets requests for /{token} through to next, which then finds the Session in the request's context (SessionFrom) and
// upgrades the connection: extended CONNECT of HTTP/3 or HTTP/2 for WebTransport (RFC 9220, RFC 8441), GET for WebSocket and
// whatever else begins so. All other requests are answered here.
//
// The path is the token and nothing else, as Cloudflare's relays want it ("Clients send a token in the URL path"): a further
// segment, a final slash, a query, and an escape in the path are ReasonRequestInvalid, for two readers could take the token to
// stand in another place. A path that is empty or has no dot in it is ReasonTokenMissing. Handler does not require that the
// request asks for an upgrade, and not that it comes over TLS.
//
// next does not see the token: the path it gets is "/", and header fields that hold the token are taken out. The
// ResponseWriter is handed on as it is, so that servers find their own types in it.
//
// The session ends when next returns, unless that has called Session.Keep. Refusals are application/problem+json with the
// reason and a random instance, which the log line repeats; no log line holds a token.
//
// A nil v refuses everything; a nil next panics here.
func Handler(v *Verifier, next http.Handler) http.Handler {
	if next == nil {
		panic("moq: Handler without a next handler")
	}
	return &handler{v, next}
}

type handler struct {
	v    *Verifier
	next http.Handler
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token, err := tokenOf(r)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	s, err := h.v.Admit(r.Context(), token)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	defer func() { // also if next panics
		if !s.kept.Load() {
			s.Close()
		}
	}()
	h.next.ServeHTTP(w, admitted(r, s, token))
}

// tokenOf gives the token that the path is.
func tokenOf(r *http.Request) (string, error) {
	invalid := func(detail string) (string, error) {
		return "", &streamtoken.Refusal{Reason: streamtoken.ReasonRequestInvalid, Detail: detail}
	}
	u := r.URL
	switch {
	case u.Scheme != "" || u.Host != "" || u.Opaque != "" || u.User != nil,
		r.RequestURI != "" && r.RequestURI[0] != '/':
		return invalid("the request target is not a path") // a plain CONNECT names a host
	case u.RawQuery != "" || u.ForceQuery:
		return invalid("a query: the path is the token and nothing else")
	case u.RawPath != "":
		return invalid("an escape in the path")
	case r.Method != http.MethodGet && r.Method != http.MethodConnect:
		return "", &streamtoken.Refusal{Reason: streamtoken.ReasonMethodNotAllowed, Detail: "neither GET nor CONNECT"}
	}
	token, ok := strings.CutPrefix(u.Path, "/")
	switch {
	case !ok && u.Path != "":
		return invalid("the path does not begin with a slash")
	case len(token) > streamtoken.MaxTokenBytes:
		return "", &streamtoken.Refusal{Reason: streamtoken.ReasonTokenTooLarge, Detail: "the path is longer than a token may be"}
	case strings.Contains(token, "/"):
		return invalid("more than one path segment: the path is the token and nothing else")
	case !strings.Contains(token, "."): // more likely /favicon.ico's like than a token
		return "", &streamtoken.Refusal{Reason: streamtoken.ReasonTokenMissing, Detail: "the path is no token"}
	}
	return token, nil
}

// admitted makes the request that next sees. It is built field by field and not copied: path values and patterns of a router
// before us hold the token.
func admitted(r *http.Request, s *Session, token string) *http.Request {
	out := http.Request{
		Method:           r.Method,
		URL:              &url.URL{Path: "/"},
		Proto:            r.Proto, // of extended CONNECT over HTTP/3: the protocol asked for
		ProtoMajor:       r.ProtoMajor,
		ProtoMinor:       r.ProtoMinor,
		Header:           without(r.Header, token),
		Body:             r.Body,
		ContentLength:    r.ContentLength,
		TransferEncoding: r.TransferEncoding,
		Close:            r.Close,
		Host:             r.Host,
		RemoteAddr:       r.RemoteAddr,
		RequestURI:       "/",
		TLS:              r.TLS,
	}
	return out.WithContext(context.WithValue(r.Context(), sessionKey{}, s))
}

// without gives a copy of a header without the fields that hold the token, as Referer and X-Forwarded-Uri may.
func without(header http.Header, token string) http.Header {
	out := make(http.Header, len(header))
	for name, values := range header {
		clean := true
		for _, value := range values {
			clean = clean && !strings.Contains(value, token)
		}
		if clean {
			out[name] = values
		}
	}
	return out
}

// reasonOf gives what a refusal is about; of an error that is none, that the check could not be made.
func reasonOf(err error) *streamtoken.Refusal {
	var refusal *streamtoken.Refusal
	if errors.As(err, &refusal) && refusal != nil {
		return refusal
	}
	return &streamtoken.Refusal{Reason: streamtoken.ReasonRevocationsUnavailable}
}
