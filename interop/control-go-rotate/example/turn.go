package main

import (
	"context"

	"github.com/cloudflare/cloudflare-go/v7"
	"github.com/cloudflare/cloudflare-go/v7/calls"
)

func createTURNKey(ctx context.Context, client *cloudflare.Client, account, name string) (string, error) {
	key, err := client.Calls.TURN.New(ctx, calls.TURNNewParams{
		AccountID: cloudflare.F(account),
		Name:      cloudflare.F(name),
	})
	if err != nil {
		return "", err
	}
	return key.JSON.RawJSON(), nil
}
