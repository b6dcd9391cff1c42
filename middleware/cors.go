package middleware

import (
	"fmt"
	"net/http"
	"strings"
)

const (
	// preflightSeconds is how long a browser may remember a preflight: what Chromium keeps at most.
	preflightSeconds = "7200"
	// maxAskedHeaders bounds the list of field names a preflight may ask for.
	maxAskedHeaders = 1024
	// exposed are the fields a player's script may read: ranges and sizes for seeking, Location, Link and ETag for
	// WHEP, and what explains a refusal.
	exposed = "Accept-Ranges, Content-Length, Content-Range, Date, ETag, Last-Modified, Link, Location, Retry-After, WWW-Authenticate"
)

// cors writes the fields by which a browser lets a page read an answer (WHATWG Fetch, CORS protocol).
type cors struct {
	any         bool
	origins     []originPattern
	credentials bool // only with named origins: any site at all must not read with a viewer's cookie
}

// originPattern is one entry of AllowedOrigins.
type originPattern struct {
	scheme string // "": http and https
	host   string // lower case; with below, ".example.com"
	port   string // "": 80 or 443
	below  bool
}

func compileCORS(list []string) (cors, error) {
	var c cors
	for _, entry := range list {
		if entry == "*" {
			c.any = true
			continue
		}
		p, ok := parseOrigin(entry)
		if p.below = strings.HasPrefix(p.host, "*."); p.below {
			p.host = p.host[1:]
		}
		if !ok || strings.Contains(p.host, "*") {
			return c, fmt.Errorf("middleware: AllowedOrigins %q: want host, host:port or *.host, without a path", entry)
		}
		c.origins = append(c.origins, p)
	}
	c.any = c.any || len(c.origins) == 0
	return c, nil
}

// parseOrigin reads [scheme://]host[:port] and nothing more. Ports 80 and 443 are as good as none.
func parseOrigin(s string) (p originPattern, ok bool) {
	s = strings.ToLower(s)
	if scheme, rest, found := strings.Cut(s, "://"); found {
		if scheme != "http" && scheme != "https" {
			return p, false
		}
		p.scheme, s = scheme, rest
	}
	p.host = s
	if i := strings.LastIndexByte(s, ':'); i >= 0 && i > strings.LastIndexByte(s, ']') {
		p.host, p.port = s[:i], s[i+1:]
		if !isPort(p.port) {
			return p, false
		}
		if p.port == "80" || p.port == "443" {
			p.port = ""
		}
	}
	inner := strings.TrimSuffix(strings.TrimPrefix(p.host, "["), "]")
	for i := 0; i < len(inner); i++ {
		if c := inner[i]; !is(c, plainByte) && c != '*' && (c != ':' || len(inner) == len(p.host)) {
			return p, false
		}
	}
	return p, inner != ""
}

// origin gives the value of Access-Control-Allow-Origin for r, "" for none.
func (c *cors) origin(r *http.Request) string {
	if c.any {
		return "*"
	}
	lines := r.Header["Origin"]
	if len(lines) != 1 {
		return ""
	}
	from, ok := parseOrigin(lines[0])
	if !ok || from.scheme == "" {
		return "" // "null" among others: a sandboxed page of anybody's has that origin
	}
	for _, p := range c.origins {
		if p.allows(from) {
			return lines[0]
		}
	}
	return ""
}

func (p originPattern) allows(from originPattern) bool {
	if p.scheme != "" && p.scheme != from.scheme || p.port != from.port {
		return false
	}
	if p.below {
		return len(from.host) > len(p.host) && strings.HasSuffix(from.host, p.host)
	}
	return p.host == from.host
}

// write sets the fields for origin, as given by [cors.origin], in place of any that stand there: two
// Access-Control-Allow-Origin are none. What the next handler exposes stays exposed. Not present: none stands there.
func (c *cors) write(h http.Header, own *ownLines, origin string, present bool) {
	if present {
		for name := range h {
			if strings.HasPrefix(name, "Access-Control-") && (origin == "" || name != "Access-Control-Expose-Headers") {
				delete(h, name)
			}
		}
	}
	if !c.any {
		own.add(h, "Vary", "Origin")
	}
	if origin == "" {
		return
	}
	own.set(h, "Access-Control-Allow-Origin", origin)
	own.add(h, "Access-Control-Expose-Headers", exposed)
	if c.credentials {
		own.set(h, "Access-Control-Allow-Credentials", "true")
	}
}

// isPreflight recognises a CORS preflight. It carries no credentials and so is answered without a token.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != ""
}

// preflight answers a CORS preflight.
func (c *cors) preflight(w http.ResponseWriter, r *http.Request, methods string) {
	h := w.Header()
	c.write(h, &ownLines{}, c.origin(r), true)
	h.Del("Access-Control-Expose-Headers")
	h.Add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers")
	if h.Get("Access-Control-Allow-Origin") != "" {
		h.Set("Access-Control-Allow-Methods", methods)
		h.Set("Access-Control-Max-Age", preflightSeconds)
		// Given back as asked: a wildcard would leave out Authorization.
		if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" && isNameList(asked) {
			h.Set("Access-Control-Allow-Headers", asked)
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

func isNameList(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; !is(c, tokenByte) && c != ',' && c != ' ' {
			return false
		}
	}
	return len(s) <= maxAskedHeaders
}
