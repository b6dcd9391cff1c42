package moq

import (
	"log/slog"
	"net/http"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/internal/problemjson"
)

// refuse answers with the reason, and writes the log line that the answer's instance leads to.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	refusal := reasonOf(err)
	status := statusOf(refusal.Reason)
	instance := problemjson.Instance()
	h.logRefused(r, refusal, status, instance)
	problemjson.Refuse(w, r, status, string(refusal.Reason), instance, "moq", "GET, CONNECT")
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
