package edge

import (
	"encoding/json"
	"net/http"

	"github.com/streamtoken/streamtoken/internal/problemjson"
)

// problem answers with application/problem+json (RFC 9457) and gives the random instance, for the log line. It is for
// what goes wrong behind the gate; refusals are the middleware's. The text is the edge's own: never an error's, which
// may name the origin's address or a path on this machine.
func problem(w http.ResponseWriter, status int, detail string) (instance string) {
	instance = problemjson.Instance()
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
	h.Set("Content-Type", problemjson.Type)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // the client may be gone
	return instance
}
