package edge

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
)

// problem answers with application/problem+json (RFC 9457) and gives the random instance, for the log line. It is for
// what goes wrong behind the gate; refusals are the middleware's. The text is the edge's own: never an error's, which
// may name the origin's address or a path on this machine.
func problem(w http.ResponseWriter, status int, detail string) (instance string) {
	instance = newInstance()
	body, err := json.Marshal(struct {
		Type     string `json:"type"`
		Title    string `json:"title"`
		Status   int    `json:"status"`
		Detail   string `json:"detail,omitempty"`
		Instance string `json:"instance"`
	}{"about:blank", http.StatusText(status), status, detail, instance})
	if err != nil {
		panic(err) // strings and a number: it cannot fail
	}
	h := w.Header()
	// What was meant for the answer that did not come about.
	for _, k := range []string{"Content-Length", "Content-Encoding", "Content-Range", "Etag", "Last-Modified", "Expires", "Accept-Ranges", "Trailer"} {
		h.Del(k)
	}
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // the client may be gone
	return instance
}

// newInstance gives a random URN (RFC 9562, version 4), as the middleware's refusals have one.
func newInstance() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
