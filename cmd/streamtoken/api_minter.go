package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/streamtoken/streamtoken/api"
	"github.com/streamtoken/streamtoken/signer"
)

// runMinter serves the token call alone, to whoever may open the socket.
func runMinter(ctx context.Context, env *environment, o apiOptions) error {
	hup, stop := hangups()
	defer stop()
	log := slog.New(slog.NewTextHandler(env.stderr, nil))
	key, err := env.loadSigningKey(o.key, o.keyID)
	if err != nil {
		return err
	}
	s, err := signer.New(signer.Config{Key: key, Now: env.now})
	if err != nil {
		return err
	}
	handler, err := api.NewMinter(api.MinterConfig{Signer: s, Log: log})
	if err != nil {
		return err
	}
	ln, err := o.listenAPI(ctx)
	if err != nil {
		return err
	}
	srv := &apiServer{handler: handler, log: log, ready: func(address string) {
		fmt.Fprintf(env.stderr, "streamtoken api: minting with key %s; listening on %s\n", key.ID(), address)
		fmt.Fprintf(env.stderr, "streamtoken api: no bearer token is asked for: who may open the socket may mint\n")
	}}
	return srv.serve(ctx, ln, hup)
}
