package main

import (
	"context"

	"github.com/cloudflare/cloudflare-go/v7"
	"github.com/cloudflare/cloudflare-go/v7/moq"
)

// replaceTokens is what a rotation comes to in this generation: make a token, hand it out, delete the others.
func replaceTokens(ctx context.Context, client *cloudflare.Client, account, relay string) (string, error) {
	old, err := client.MoQ.Relays.Tokens.List(ctx, relay, moq.RelayTokenListParams{AccountID: cloudflare.F(account)})
	if err != nil {
		return "", err
	}
	made, err := client.MoQ.Relays.Tokens.New(ctx, relay, moq.RelayTokenNewParams{
		AccountID:  cloudflare.F(account),
		Operations: cloudflare.F([]moq.RelayTokenNewParamsOperation{moq.RelayTokenNewParamsOperationPublish, moq.RelayTokenNewParamsOperationSubscribe}),
	})
	if err != nil {
		return "", err
	}
	for _, issuer := range old.Issuers {
		for _, token := range issuer.CloudflareTokens {
			if _, err := client.MoQ.Relays.Tokens.Delete(ctx, relay, token.Jti, moq.RelayTokenDeleteParams{AccountID: cloudflare.F(account)}); err != nil {
				return "", err
			}
		}
	}
	return made.JSON.RawJSON(), nil
}
