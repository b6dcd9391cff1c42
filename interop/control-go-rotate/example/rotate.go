package main

import (
	"context"

	"github.com/cloudflare/cloudflare-go/v7"
	"github.com/cloudflare/cloudflare-go/v7/moq"
)

func rotateToken(ctx context.Context, client *cloudflare.Client, account, relay string) (string, error) {
	rotated, err := client.MoQ.Relays.Tokens.Rotate(ctx, relay, moq.RelayTokenRotateParams{
		AccountID: cloudflare.F(account),
		Type:      cloudflare.F(moq.RelayTokenRotateParamsTypePublishSubscribe),
	})
	if err != nil {
		return "", err
	}
	return rotated.JSON.RawJSON(), nil
}
