package main

import (
	"context"
	"time"

	"github.com/cloudflare/cloudflare-go/v7"
	"github.com/cloudflare/cloudflare-go/v7/stream"
)

func createToken(ctx context.Context, client *cloudflare.Client, account, video string) (string, error) {
	token, err := client.Stream.Token.New(ctx, video, stream.TokenNewParams{
		AccountID:    cloudflare.F(account),
		Exp:          cloudflare.F(time.Now().Add(12 * time.Hour).Unix()),
		Downloadable: cloudflare.F(true),
		AccessRules: cloudflare.F([]stream.TokenNewParamsAccessRule{
			{
				Type:    cloudflare.F(stream.TokenNewParamsAccessRulesTypeIPGeoipCountry),
				Action:  cloudflare.F(stream.TokenNewParamsAccessRulesActionAllow),
				Country: cloudflare.F([]string{"DE", "FR"}),
			},
			{
				Type:   cloudflare.F(stream.TokenNewParamsAccessRulesTypeAny),
				Action: cloudflare.F(stream.TokenNewParamsAccessRulesActionBlock),
			},
		}),
	})
	if err != nil {
		return "", err
	}
	return token.JSON.RawJSON(), nil
}
