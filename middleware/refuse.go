package middleware

import (
	"net/http"

	"github.com/streamtoken/streamtoken/internal/problemjson"
)

// refuse answers with the reason, and writes the log line that the answer's instance leads to.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, j *judgement) {
	status := Status(j.Reason)
	instance := problemjson.Instance()
	h.logRefused(r, j, status, instance)

	header := w.Header()
	for name := range header {
		if freshnessField(name) {
			delete(header, name)
		}
	}
	h.cors.write(header, &ownLines{}, h.cors.origin(r), true) // so that a player can read why
	problemjson.Refuse(w, r, status, string(j.Reason), instance, "stream", j.allow)
}
