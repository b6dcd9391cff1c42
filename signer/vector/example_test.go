package vector_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/signer"
	"github.com/streamtoken/streamtoken/signer/vector"
)

// Importing the package and naming its engine is all: the tokens are the same with and without.
func Example() {
	data, err := os.ReadFile("../../testdata/keys/a.json")
	if err != nil {
		log.Fatal(err)
	}
	key, err := signer.ParseKey(data, "")
	if err != nil {
		log.Fatal(err)
	}
	s, err := signer.New(signer.Config{
		Key:    key,
		Engine: vector.New(),
		Now:    func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }, // leave it out to use the clock
	})
	if err != nil {
		log.Fatal(err)
	}
	if name, why := s.Engine(); why != "" {
		log.Printf("signing with %s: %s", name, why)
	}
	videos := slices.Values([]streamtoken.Claims{{Subject: "ea95132c15732412d22c1476fa83f27a"}, {Subject: "5d5bc37ffcf54c9b82e996823bffbb81"}})
	for token, err := range s.SignAll(context.Background(), videos) {
		if err != nil {
			log.Fatal(err)
		}
		_, signature, _ := strings.Cut(token, ".eyJ")
		fmt.Println(len(token), signature[len(signature)-16:])
	}
	// Output:
	// 575 m4VlDX6SS1P2HP7A
	// 575 LIsmMPKoUimxeM1A
}
