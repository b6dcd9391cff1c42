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

// exchange holds what one allowed request needs until it is answered, in one allocation. It is not used again: the next
// handler may keep the context beyond its answer.
type exchange struct {
	ctx    identityContext
	url    url.URL
	out    http.Request
	answer answer
}

// pass gives an allowed request to the next handler.
func (h *handler) pass(w http.ResponseWriter, r *http.Request, j *judgement) {
	x := &exchange{}
	x.ctx.Context = r.Context()
	x.ctx.identity = Identity{
		Subject:      j.Token.Subject(),
		KeyID:        j.Token.KeyID(),
		Expires:      j.Token.Expires(),
		Downloadable: j.Token.Downloadable(),
	}
	x.ctx.viewers, x.ctx.in = &h.viewers, r
	x.request(h.policy, r, j)
	x.answer.ResponseWriter = w
	x.answer.policy = h.policy
	x.answer.in, x.answer.out = r, &x.out
	x.answer.expires = x.ctx.identity.Expires
	x.answer.private = !j.found.inPath || j.Token.Rules().Len() > 0
	if j.found.inPath {
		x.answer.token, x.answer.subject = j.found.token, x.ctx.identity.Subject
	}
	h.next.ServeHTTP(&x.answer, &x.out)
	x.answer.finish(http.StatusOK)
}

// request makes the request the next handler sees, which names the subject where r named the token. r is left as it is.
//
// It is built field by field and not copied: path values and patterns of a router before us hold the token, parsed
// forms hold its parameter, and trailers arrive when nobody looks any more.
func (x *exchange) request(p *policy, r *http.Request, j *judgement) {
	uri := x.address(p, r, j)
	out := http.Request{
		Method:           r.Method,
		URL:              &x.url,
		Proto:            r.Proto,
		ProtoMajor:       r.ProtoMajor,
		ProtoMinor:       r.ProtoMinor,
		Header:           cleanHeader(r.Header, j.found.token, p.sources.cookie),
		Body:             r.Body,
		GetBody:          r.GetBody,
		ContentLength:    r.ContentLength,
		TransferEncoding: r.TransferEncoding,
		Close:            r.Close,
		Host:             r.Host,
		PostForm:         r.PostForm,
		MultipartForm:    r.MultipartForm,
		RemoteAddr:       r.RemoteAddr,
		RequestURI:       uri,
		TLS:              r.TLS,
	}
	x.out = *out.WithContext(&x.ctx)
}

// address sets x.url and gives the request target to it, which is x.url.RequestURI().
func (x *exchange) address(p *policy, r *http.Request, j *judgement) (uri string) {
	t := &j.target
	query := r.URL.RawQuery
	if query != "" {
		query = cleanQuery(query, j.found.token, p.sources.query)
	}
	x.url.RawQuery, x.url.ForceQuery = query, r.URL.ForceQuery
	asked := query != "" || r.URL.ForceQuery
	switch {
	case !j.found.inPath:
		x.url.Path, x.url.RawPath = t.url.Path, t.url.RawPath
	case t.plain && asked: // both at once
		uri = p.mount + "/" + x.ctx.identity.Subject + t.rest() + "?" + query
		x.url.Path = uri[:len(uri)-len(query)-1]
		return uri
	default:
		// The first segment has no escapes, so both spellings are cut at the same place.
		x.url.Path = p.mount + "/" + x.ctx.identity.Subject + t.rest()
		if t.url.RawPath != "" {
			x.url.RawPath = p.mount + "/" + x.ctx.identity.Subject + t.url.RawPath[t.head:]
		}
	}
	switch path, was := x.url.Path, r.RequestURI; {
	case !t.plain:
		return x.url.RequestURI()
	case !asked:
		return path
	case len(was) == len(path)+1+len(query) && was[:len(path)] == path && was[len(path)] == '?' && was[len(path)+1:] == query:
		return was
	}
	return x.url.RequestURI()
}

// cleanQuery leaves out the parameters that hold the token or have the name of its source, and the others untouched.
func cleanQuery(query, token, name string) string {
	if len(query) < len(token) && name == "" || query == "" {
		return query
	}
	dropped := func(pair string) bool {
		if name != "" {
			if key, _, _ := strings.Cut(pair, "="); key == name || strings.ContainsAny(key, "%+") && unescapeQuery(key) == name {
				return true
			}
		}
		return carries(pair, token)
	}
	change := query[0] == '&' || query[len(query)-1] == '&' // an empty parameter at either end goes
	for rest := query; rest != "" && !change; {
		var pair string
		pair, rest, _ = strings.Cut(rest, "&")
		change = dropped(pair)
	}
	if !change {
		return query
	}
	var kept strings.Builder
	for rest := query; rest != ""; {
		var pair string
		pair, rest, _ = strings.Cut(rest, "&")
		if dropped(pair) {
			continue
		}
		if kept.Len() > 0 {
			kept.WriteByte('&')
		}
		kept.WriteString(pair)
	}
	return kept.String()
}

// carries says whether s holds the token, plainly or escaped, even several times over.
func carries(s, token string) bool {
	if len(s) < len(token) {
		return false
	}
	for round := range 4 {
		if strings.Contains(s, token) {
			return true
		}
		if strings.IndexByte(s, '%') < 0 || round == 0 && inPieces(s, len(token)) && plainText(token) {
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

// inPieces says whether s can be unescaped just once, and then has nowhere as many plain bytes in a row as n. A long
// Cookie field is like that: pairs with escapes in them.
func inPieces(s string, n int) bool {
	row := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' {
			var ok bool
			if c, ok = unhex(s, i); !ok || c == '%' {
				return false // what is left may be an escape in its turn
			}
			i += 2
		}
		if !is(c, plainByte) {
			row = 0
		} else if row++; row == n {
			return false
		}
	}
	return true
}
