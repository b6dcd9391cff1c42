package middleware

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Identity is what the next handler may know of the token: who was let in, and until when. It holds nothing that lets
// in anybody else.
type Identity struct {
	Subject      string
	KeyID        string
	Expires      time.Time
	Downloadable bool
}

type identityKey struct{}

// identityContext is context.WithValue for an Identity and a Route, in one allocation with the rest of an exchange.
type identityContext struct {
	context.Context
	identity Identity
	viewers  *viewers      // with in, what RouteFrom reads
	in       *http.Request // as it came
}

func (c *identityContext) Value(key any) any {
	switch key {
	case identityKey{}:
		return &c.identity
	case routeKey{}:
		return c
	}
	return c.Context.Value(key)
}

// IdentityFrom gives the identity the middleware put into a request's context, and false if there is none: then the
// request did not come through a middleware.
func IdentityFrom(ctx context.Context) (Identity, bool) {
	if id, ok := ctx.Value(identityKey{}).(*Identity); ok {
		return *id, true
	}
	return Identity{}, false
}

// exchange holds what one allowed request needs until it is answered.
type exchange struct {
	ctx    identityContext
	url    url.URL
	answer answer
}

// request gives the request the next handler sees, which names the subject where r named the token. r is left as it is.
//
// It is built field by field and not copied: path values and patterns of a router before us hold the token, parsed
// forms hold its parameter, and trailers arrive when nobody looks any more.
func (x *exchange) request(p *policy, r *http.Request, t target, f found) *http.Request {
	subject := x.ctx.identity.Subject
	query := r.URL.RawQuery
	if query != "" {
		query = cleanQuery(query, f.token, p.sources.query)
	}
	x.url = url.URL{
		Path:       t.url.Path,
		RawPath:    t.url.RawPath,
		RawQuery:   query,
		ForceQuery: r.URL.ForceQuery,
	}
	if f.inPath {
		// The first segment has no escapes, so both spellings are cut at the same place.
		x.url.Path = p.mount + "/" + subject + t.rest()
		if t.url.RawPath != "" {
			x.url.RawPath = p.mount + "/" + subject + t.url.RawPath[t.head:]
		}
	}
	out := http.Request{
		Method:           r.Method,
		URL:              &x.url,
		Proto:            r.Proto,
		ProtoMajor:       r.ProtoMajor,
		ProtoMinor:       r.ProtoMinor,
		Header:           cleanHeader(r.Header, f.token, p.sources.cookie),
		Body:             r.Body,
		GetBody:          r.GetBody,
		ContentLength:    r.ContentLength,
		TransferEncoding: r.TransferEncoding,
		Close:            r.Close,
		Host:             r.Host,
		PostForm:         r.PostForm,
		MultipartForm:    r.MultipartForm,
		RemoteAddr:       r.RemoteAddr,
		RequestURI:       x.url.RequestURI(),
		TLS:              r.TLS,
	}
	return out.WithContext(&x.ctx)
}

// cleanQuery leaves out the parameters that hold the token or have the name of its source, and the others untouched.
func cleanQuery(query, token, name string) string {
	if len(query) < len(token) && name == "" {
		return query
	}
	var kept strings.Builder
	for rest := query; rest != ""; {
		var pair string
		pair, rest, _ = strings.Cut(rest, "&")
		if name != "" {
			if key, _, _ := strings.Cut(pair, "="); unescapeQuery(key) == name {
				continue
			}
		}
		if carries(pair, token) {
			continue
		}
		if kept.Len() > 0 {
			kept.WriteByte('&')
		}
		kept.WriteString(pair)
	}
	if kept.Len() == len(query) {
		return query
	}
	return kept.String()
}

// carries says whether s holds the token, plainly or escaped, even several times over.
func carries(s, token string) bool {
	if len(s) < len(token) {
		return false
	}
	for range 4 {
		if strings.Contains(s, token) {
			return true
		}
		if strings.IndexByte(s, '%') < 0 {
			return false
		}
		plain := lenientUnescape(s)
		if plain == s {
			return false
		}
		s = plain
	}
	return true // escaped more often than anybody means it
}
