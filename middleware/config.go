package middleware

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/gate"
)

// Config configures the middleware. The zero value of every field but Gate is the strict one.
type Config struct {
	Gate *gate.Gate // required

	// Mount is the path before the token: "" or "/" when the token is the first segment, "/media" when it is the one
	// after it. Letters, digits and "-._~" only, no dot segments. A path outside the mount is refused.
	Mount string

	// Further places a token may come from, off unless named. With these the first segment after the mount must
	// equal the token's subject. The path is always one.
	QueryParam string // name of a query parameter; "": off
	Cookie     string // name of a cookie; "": off
	Bearer     bool   // Authorization: Bearer

	// Methods pass in addition to GET and HEAD, and to POST, PATCH and DELETE under webRTC/. Upper case. The word
	// UPGRADE stands for requests with an Upgrade field (WebSocket), which are otherwise refused; upgrades to HTTP/2, TLS
	// or a tunnel always are. CONNECT never passes.
	Methods []string

	// DownloadPaths need a downloadable token. nil: downloads/** and clip.mp4. A list that is given replaces these;
	// an empty one protects nothing. Entries are relative to the resource and compared without case, and without what
	// some file systems take for nothing (final dots and spaces, a stream's name); "*" stands for
	// any run of characters within a segment, a final "**" for everything below.
	DownloadPaths []string

	// AllowedOrigins may read answers from a page (CORS). nil, empty or "*": any. "example.com" is that host alone
	// on port 80 or 443, "localhost:3000" names another port, "*.example.com" every host below it but not itself,
	// "https://..." before any of these one scheme. An origin not allowed gets no CORS fields; it is not refused.
	AllowedOrigins []string

	// TrustedProxies are the peers whose word on the viewer counts. Empty: nobody's, and the viewer is the TCP peer.
	TrustedProxies []netip.Prefix
	// ClientIPHeader holds the viewer's one address, set by a trusted proxy. "": X-Forwarded-For, as a list.
	// The proxy must overwrite it: one that passes on a client's own lets anybody choose an address.
	ClientIPHeader string
	// CountryHeader holds the viewer's two-letter country, set by a trusted proxy, which must overwrite it. "": none.
	CountryHeader string
	// Locate finds a country by address; nil: no such source. At most one of CountryHeader and Locate may be set.
	Locate func(netip.Addr) accessrules.Country

	Log   *slog.Logger // nil: silent. One line per refusal, one per allowed request at debug level.
	LogIP bool         // log whole addresses; otherwise their network, /24 or /48

	Now func() time.Time // clock for the freshness of answers; nil: time.Now
}

// policy is a checked Config. It does not change.
type policy struct {
	gate      *gate.Gate
	mount     string // "" or "/a/b"
	sources   sources
	methods   methods
	downloads []pattern
	cors      cors
	viewers   viewers
	log       *slog.Logger
	logIP     bool
	now       func() time.Time
}

func compile(cfg Config) (*policy, error) {
	if cfg.Gate == nil {
		return nil, errors.New("middleware: Gate is required")
	}
	p := &policy{
		gate:    cfg.Gate,
		sources: sources{query: cfg.QueryParam, cookie: cfg.Cookie, bearer: cfg.Bearer},
		log:     cfg.Log,
		logIP:   cfg.LogIP,
		now:     cfg.Now,
	}
	if p.now == nil {
		p.now = time.Now
	}
	var err error
	if p.mount, err = compileMount(cfg.Mount); err != nil {
		return nil, err
	}
	if !plainText(cfg.QueryParam) {
		return nil, fmt.Errorf("middleware: QueryParam %q: letters, digits and -._~ only", cfg.QueryParam)
	}
	if cfg.Cookie != "" && !isToken(cfg.Cookie) {
		return nil, fmt.Errorf("middleware: Cookie %q is not a cookie name", cfg.Cookie)
	}
	if p.methods, err = compileMethods(cfg.Methods); err != nil {
		return nil, err
	}
	if p.downloads, err = compileDownloads(cfg.DownloadPaths); err != nil {
		return nil, err
	}
	if p.cors, err = compileCORS(cfg.AllowedOrigins); err != nil {
		return nil, err
	}
	p.cors.credentials = cfg.Cookie != "" && !p.cors.any
	p.viewers, err = compileViewers(cfg)
	if err != nil {
		return nil, err
	}
	return p, nil
}

func compileMount(mount string) (string, error) {
	trimmed := strings.TrimSuffix(mount, "/")
	if trimmed == "" {
		return "", nil
	}
	if trimmed[0] != '/' {
		return "", fmt.Errorf("middleware: Mount %q does not begin with a slash", mount)
	}
	for segment := range strings.SplitSeq(trimmed[1:], "/") {
		if segment == "" || segment == "." || segment == ".." || !plainText(segment) {
			return "", fmt.Errorf("middleware: Mount %q: segments of letters, digits and -._~ only", mount)
		}
	}
	return trimmed, nil
}

func compileViewers(cfg Config) (viewers, error) {
	var v viewers
	for _, prefix := range cfg.TrustedProxies {
		if !prefix.IsValid() {
			return v, errors.New("middleware: TrustedProxies holds an invalid prefix")
		}
		v.trusted = append(v.trusted, plainPrefix(prefix))
	}
	for _, h := range []struct{ field, name string }{{"ClientIPHeader", cfg.ClientIPHeader}, {"CountryHeader", cfg.CountryHeader}} {
		if h.name == "" {
			continue
		}
		if !isToken(h.name) {
			return v, fmt.Errorf("middleware: %s %q is not a header name", h.field, h.name)
		}
		if len(v.trusted) == 0 {
			// Anybody could send it: without a trusted proxy its word is the client's own.
			return v, fmt.Errorf("middleware: %s needs TrustedProxies", h.field)
		}
	}
	v.header = http.CanonicalHeaderKey(cfg.ClientIPHeader)
	switch v.header {
	case forwardedFor:
		v.header = ""
	case "Forwarded":
		return v, errors.New("middleware: ClientIPHeader Forwarded (RFC 7239) is not supported; use X-Forwarded-For or a header with one address")
	}
	if cfg.CountryHeader != "" && cfg.Locate != nil {
		return v, errors.New("middleware: CountryHeader and Locate are both set; choose one source of the country")
	}
	v.country = http.CanonicalHeaderKey(cfg.CountryHeader)
	v.locate = cfg.Locate
	return v, nil
}
