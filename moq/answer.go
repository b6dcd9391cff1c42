package moq

import (
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"strconv"

	streamtoken "github.com/streamtoken/streamtoken"
)

// retrySeconds is when to ask again after a 503.
const retrySeconds = "5"

// refuse answers with the reason, and writes the log line that the answer's instance leads to.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	refusal := reasonOf(err)
	status := statusOf(refusal.Reason)
	instance := newInstance()
	h.logRefused(r, refusal, status, instance)

	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Type", "application/problem+json") // RFC 9457
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	switch status {
	case http.StatusUnauthorized:
		header.Set("WWW-Authenticate", challenge(refusal.Reason))
	case http.StatusMethodNotAllowed:
		header.Set("Allow", "GET, CONNECT")
	case http.StatusServiceUnavailable:
		header.Set("Retry-After", retrySeconds)
	}
	// The reason is one of a fixed list and the rest is ours: nothing here needs escaping.
	body := `{"type":"about:blank","title":"` + http.StatusText(status) + `","status":` + strconv.Itoa(status) +
		`,"reason":"` + string(refusal.Reason) + `","instance":"` + instance + `"}` + "\n"
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(body)) // the client may be gone
	}
}

// statusOf is the HTTP status of a refusal, that of package middleware.
func statusOf(r streamtoken.Reason) int {
	switch r {
	case streamtoken.ReasonRequestInvalid:
		return http.StatusBadRequest
	case streamtoken.ReasonMethodNotAllowed:
		return http.StatusMethodNotAllowed
	case streamtoken.ReasonKeysUnavailable, streamtoken.ReasonRevocationsUnavailable, streamtoken.ReasonVerifierBusy:
		return http.StatusServiceUnavailable
	}
	return http.StatusUnauthorized // all else is said of a token
}

// challenge is WWW-Authenticate (RFC 6750, 3): no error code for a request that tried no token.
func challenge(reason streamtoken.Reason) string {
	const realm = `Bearer realm="moq"`
	if reason == streamtoken.ReasonTokenMissing {
		return realm
	}
	return realm + `, error="invalid_token", error_description="` + string(reason) + `"`
}

// logRefused writes the one line of a refusal. It holds neither path nor token; a key id and a relay only after a good
// signature.
func (h *handler) logRefused(r *http.Request, refusal *streamtoken.Refusal, status int, instance string) {
	if h.v == nil || h.v.log == nil {
		return
	}
	attrs := []slog.Attr{
		slog.String("reason", string(refusal.Reason)),
		slog.String("detail", refusal.Detail),
		slog.Int("status", status),
		slog.String("instance", instance),
	}
	if refusal.KeyID != "" {
		attrs = append(attrs, slog.String("key_id", refusal.KeyID))
	}
	if refusal.Subject != "" {
		attrs = append(attrs, slog.String("relay", refusal.Subject))
	}
	level := slog.LevelInfo
	if status == http.StatusServiceUnavailable {
		level = slog.LevelWarn
	}
	h.v.log.LogAttrs(r.Context(), level, "refused", attrs...)
}

// newInstance gives a random URN (RFC 9562, version 4) that names one refusal.
func newInstance() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	s := hex.EncodeToString(b[:])
	return "urn:uuid:" + s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
