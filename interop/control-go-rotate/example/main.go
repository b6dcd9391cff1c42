// Command example does with the official SDK, cloudflare-go v7.7.0, one of four things, and prints the result as JSON:
//
//	example token VIDEO    a token for a video
//	example relay NAME     a MoQ relay with its two tokens
//	example rotate RELAY   a new publish and subscribe token in place of the old one
//	example turn NAME      a TURN key
//
// It names no server: the SDK takes it from CLOUDFLARE_BASE_URL, and the token from CLOUDFLARE_API_TOKEN.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/cloudflare/cloudflare-go/v7"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: example token|relay|rotate|turn NAME")
	}
	do, ok := map[string]func(ctx context.Context, client *cloudflare.Client, account, name string) (string, error){
		"token": createToken, "relay": createRelay, "rotate": rotateToken, "turn": createTURNKey,
	}[os.Args[1]]
	if !ok {
		log.Fatalf("no example %q", os.Args[1])
	}
	result, err := do(context.Background(), cloudflare.NewClient(), os.Getenv("CLOUDFLARE_ACCOUNT_ID"), os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result)
}
