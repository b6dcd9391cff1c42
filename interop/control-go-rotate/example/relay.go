package main

import (
	"context"

	"github.com/cloudflare/cloudflare-go/v7"
	"github.com/cloudflare/cloudflare-go/v7/moq"
)

func createRelay(ctx context.Context, client *cloudflare.Client, account, name string) (string, error) {
	relay, err := client.MoQ.Relays.New(ctx, moq.RelayNewParams{
		AccountID: cloudflare.F(account),
		Name:      cloudflare.F(name),
	})
	if err != nil {
		return "", err
	}
	return relay.JSON.RawJSON(), nil
}
