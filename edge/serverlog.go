package edge

import (
	"context"
	"log"
	"log/slog"
	"regexp"
	"strings"
)

// serverLog carries net/http's own complaints (failed handshakes, cut connections) to l, at debug level: a stranger
// causes them at will. They name the peer, which is taken out unless logIP.
func serverLog(l *slog.Logger, logIP bool) *log.Logger {
	return log.New(serverLogWriter{l, logIP}, "", 0)
}

type serverLogWriter struct {
	log   *slog.Logger
	logIP bool
}

// addressPort is an IPv4 or bracketed IPv6 address with its port, as net prints one.
var addressPort = regexp.MustCompile(`(\[[0-9A-Fa-f:.%a-z]+\]|\d{1,3}(\.\d{1,3}){3}):\d+`)

func (w serverLogWriter) Write(p []byte) (int, error) {
	if w.log.Enabled(context.Background(), slog.LevelDebug) {
		msg := redact(strings.TrimSpace(string(p)))
		if !w.logIP {
			msg = addressPort.ReplaceAllString(msg, "[address]")
		}
		w.log.Debug("http server", slog.String("message", msg))
	}
	return len(p), nil
}
