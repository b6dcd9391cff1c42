// Package problemjson writes the HTTP answer of a refusal: application/problem+json (RFC 9457) with a reason and an instance. It
// decides nothing: which status belongs to which reason is the caller's. All functions are safe for concurrent use.
package problemjson

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strconv"
)

// Type is the media type.
const Type = "application/problem+json"

// Instance gives a random URN (RFC 9562, version 4) that names one answer, for the log line that tells more.
func Instance() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	s := hex.EncodeToString(b[:])
	return "urn:uuid:" + s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// Refuse writes status, reason and instance as the whole answer, which nobody may keep and no page it leads to learns of.
// allow is for 405, and realm for the challenge of a 401 (RFC 6750, section 3), which has an error unless there was no token
// to be wrong. reason must be one of streamtoken.Reasons and realm a constant: neither is escaped.
func Refuse(w http.ResponseWriter, r *http.Request, status int, reason, instance, realm, allow string) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Type", Type)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	switch status {
	case http.StatusUnauthorized:
		header.Set("WWW-Authenticate", challenge(realm, reason))
	case http.StatusMethodNotAllowed:
		header.Set("Allow", allow)
	case http.StatusServiceUnavailable:
		header.Set("Retry-After", "5") // keys and revocations are looked for every few seconds
	}
	body := `{"type":"about:blank","title":"` + http.StatusText(status) + `","status":` + strconv.Itoa(status) +
		`,"reason":"` + reason + `","instance":"` + instance + `"}` + "\n"
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(body)) // the client may be gone
	}
}

func challenge(realm, reason string) string {
	c := `Bearer realm="` + realm + `"`
	if reason == "token_missing" {
		return c
	}
	return c + `, error="invalid_token", error_description="` + reason + `"`
}
