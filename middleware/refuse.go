package middleware

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strconv"

	streamtoken "github.com/streamtoken/streamtoken"
)

const (
	// retrySeconds is when to ask again after a 503: keys and revocations are looked for every few seconds.
	retrySeconds = "5"
	problemType  = "application/problem+json" // RFC 9457
)

// refuse answers with the reason, and writes the log line that the answer's instance leads to.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, j *judgement) {
	status := Status(j.Reason)
	instance := newInstance()
	h.logRefused(r, j, status, instance)

	header := w.Header()
	for name := range header {
		if freshnessField(name) {
			delete(header, name)
		}
	}
	h.cors.write(header, &ownLines{}, h.cors.origin(r), true) // so that a player can read why
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Type", problemType)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	switch status {
	case http.StatusUnauthorized:
		header.Set("WWW-Authenticate", challenge(j.Reason))
	case http.StatusMethodNotAllowed:
		header.Set("Allow", j.allow)
	case http.StatusServiceUnavailable:
		header.Set("Retry-After", retrySeconds)
	}
	// The reason is one of a fixed list and the rest is ours: nothing here needs escaping.
	body := `{"type":"about:blank","title":"` + http.StatusText(status) + `","status":` + strconv.Itoa(status) +
		`,"reason":"` + string(j.Reason) + `","instance":"` + instance + `"}` + "\n"
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(body)) // the client may be gone
	}
}

// challenge is WWW-Authenticate (RFC 6750, 3): no error code for a request that tried no token.
func challenge(reason streamtoken.Reason) string {
	const realm = `Bearer realm="stream"`
	if reason == streamtoken.ReasonTokenMissing {
		return realm
	}
	return realm + `, error="invalid_token", error_description="` + string(reason) + `"`
}

// newInstance gives a random URN (RFC 9562, version 4) that names one refusal.
func newInstance() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	s := hex.EncodeToString(b[:])
	return "urn:uuid:" + s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
