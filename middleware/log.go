package middleware

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"unicode/utf8"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/gate"
)

const (
	digestDigits = 12  // of a token's SHA-256, enough to find it again and nothing to let anybody in
	maxLogPath   = 256 // bytes of a path in a log line
)

// logRefused writes the one line of a refusal. A cause can be read from it alone: the reason, the rule and what was
// known of the viewer. It holds no token; a key id and a subject only after a good signature.
func (h *handler) logRefused(r *http.Request, j *judgement, status int, instance string) {
	if h.log == nil {
		return
	}
	if !j.looked {
		j.viewer, j.why = h.viewers.of(r)
	}
	attrs := []slog.Attr{
		slog.String("reason", string(j.Reason)),
		slog.String("detail", j.Detail),
		slog.Int("status", status),
		slog.String("instance", instance),
		slog.String("method", logMethod(r.Method)),
		slog.String("path", logPath(r.URL.Path, j.found.token)),
	}
	if j.found.token != "" && len(j.found.token) <= streamtoken.MaxTokenBytes {
		sum := sha256.Sum256([]byte(j.found.token))
		attrs = append(attrs, slog.String("token_sha256", hex.EncodeToString(sum[:])[:digestDigits]))
	}
	attrs = append(attrs, logDecision(j.Decision)...)
	attrs = append(attrs, h.logViewer(j.viewer, j.why)...)
	if j.Reason == streamtoken.ReasonCountryUnavailable {
		attrs = append(attrs, slog.String("country_detail", h.viewers.noCountry(r, j.viewer)))
	}
	level := slog.LevelInfo
	if status == http.StatusServiceUnavailable {
		level = slog.LevelWarn
	}
	h.log.LogAttrs(r.Context(), level, "refused", attrs...)
}

// logAllowed writes a line for a request that passes, at debug level.
func (h *handler) logAllowed(r *http.Request, j *judgement) {
	if h.log == nil || !h.log.Enabled(r.Context(), slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", r.Method),
		slog.String("path", logPath(j.target.url.Path, j.target.pathToken())),
		slog.String("token_sha256", j.Token.Digest()[:digestDigits]),
	}
	attrs = append(attrs, logDecision(j.Decision)...)
	attrs = append(attrs, h.logViewer(j.viewer, "")...)
	h.log.LogAttrs(r.Context(), slog.LevelDebug, "allowed", attrs...)
}

func logDecision(d gate.Decision) (attrs []slog.Attr) {
	if d.KeyID != "" {
		attrs = append(attrs, slog.String("key_id", d.KeyID))
	}
	if d.Subject != "" {
		attrs = append(attrs, slog.String("subject", d.Subject))
	}
	if d.Rule >= 0 {
		attrs = append(attrs, slog.Int("rule", d.Rule))
	}
	return attrs
}

func (h *handler) logViewer(v accessrules.Viewer, why string) (attrs []slog.Attr) {
	switch {
	case !v.Addr.IsValid():
		attrs = append(attrs, slog.String("ip", "unavailable"))
		if why != "" {
			attrs = append(attrs, slog.String("ip_detail", why))
		}
	case h.logIP:
		attrs = append(attrs, slog.String("ip", v.Addr.String()))
	default:
		attrs = append(attrs, slog.String("ip", network(v.Addr).String()))
	}
	country := v.Country
	if country == accessrules.CountryUnavailable && v.Locate != nil && v.Addr.IsValid() {
		country = v.Locate(v.Addr)
	}
	return append(attrs, slog.String("country", country.String()))
}

// network is what of an address may be kept without naming anybody: /24 of IPv4, /48 of IPv6.
func network(addr netip.Addr) netip.Prefix {
	bits := 48
	if addr.Is4() {
		bits = 24
	}
	p, _ := addr.Prefix(bits) // bits are in range
	return p
}

// logMethod keeps a method that is one; a stranger may put a token there as well.
func logMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return method
	}
	return "other"
}

// logPath gives a path without the token, or what could be one or part of one: the segment of the path shape, whatever
// is as long as a signature's line, and whatever begins like a JWT. Paths reach this that were refused because they
// could not be read in one way, so it does not rely on where the token should stand.
func logPath(path, token string) string {
	if len(token) > streamtoken.MaxSubjectBytes { // shorter than any signature: more likely /favicon.ico
		path = strings.ReplaceAll(path, token, "[token]")
	}
	var out strings.Builder
	for segment := range strings.SplitSeq(path, "/") {
		if out.Len() > maxLogPath {
			out.WriteString("...")
			break
		}
		plain := segment
		for strings.IndexByte(plain, '%') >= 0 && len(plain) <= 1024 {
			next := lenientUnescape(plain)
			if next == plain {
				break
			}
			plain = next
		}
		switch {
		case len(segment) > streamtoken.MaxSubjectBytes, strings.Contains(plain, "eyJ"):
			segment = "[redacted]"
		case !utf8.ValidString(segment):
			segment = "[not UTF-8]"
		}
		out.WriteString(segment)
		out.WriteByte('/')
	}
	return strings.TrimSuffix(out.String(), "/")
}
