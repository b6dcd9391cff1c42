package edge

import (
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/streamtoken/streamtoken/middleware"
)

// originBody bounds how long the origin may stand still within an answer. The client's connection is no bound: a client
// that leaves is not noticed while nothing is written to it, once it has sent a byte of a next request.
type originBody struct {
	io.ReadCloser
	timer *time.Timer // closes the body
	stall time.Duration
}

// boundOrigin gives res such a body. That of an upgraded connection stays: it is a connection, and may be idle.
func (p *proxy) boundOrigin(res *http.Response) {
	if res.StatusCode == http.StatusSwitchingProtocols || res.Body == http.NoBody {
		return
	}
	b := &originBody{ReadCloser: res.Body, stall: p.stall}
	b.timer = time.AfterFunc(p.stall, func() {
		var attrs []any
		if id, ok := middleware.IdentityFrom(res.Request.Context()); ok {
			attrs = []any{slog.String("subject", id.Subject), slog.String("key_id", id.KeyID)}
		}
		p.log.Error("the origin stopped in the middle of its answer", append(attrs, slog.Duration("for", p.stall))...)
		b.ReadCloser.Close()
	})
	b.timer.Stop()
	res.Body = b
}

// Read counts the time within it alone, not what a slow client takes between two of them.
func (b *originBody) Read(p []byte) (int, error) {
	b.timer.Reset(b.stall)
	defer b.timer.Stop()
	return b.ReadCloser.Read(p)
}
