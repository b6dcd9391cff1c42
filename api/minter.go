package api

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/streamtoken/streamtoken/signer"
)

// MinterConfig says with what a minter signs. Signer is required.
type MinterConfig struct {
	Signer *signer.Signer
	Now    func() time.Time // for keys that a call brings, Signer having its own; nil: time.Now
	Log    *slog.Logger     // one line a request, without secrets; nil: silent
}

// NewMinter gives a handler of the Stream token call alone, accounts/{account_id}/stream/{identifier}/token under
// /client/v4 and at the root, and of /healthz. It has no state: it signs with the one key, whatever the account, for
// programs in other languages that run beside it.
//
// It asks for NO CREDENTIAL. Whoever reaches it mints tokens for every video: let it listen on a Unix socket, whose file
// permissions say who that is, and on nothing else.
func NewMinter(cfg MinterConfig) (http.Handler, error) {
	if cfg.Signer == nil {
		return nil, errors.New("api: MinterConfig.Signer is required")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &handler{
		now: cfg.Now, log: cfg.Log, routes: compile(minterRoutes()),
		signers: func(*call) (minter, error) { return cfg.Signer, nil },
	}, nil
}
