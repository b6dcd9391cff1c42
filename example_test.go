package streamtoken_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/gate"
	"github.com/streamtoken/streamtoken/middleware"
	"github.com/streamtoken/streamtoken/signer"
	"github.com/streamtoken/streamtoken/verifier"
)

// The example of the README; a test holds the two against each other.
func protect(video http.Handler) (http.Handler, error) {
	keys, err := verifier.Follow(verifier.FollowConfig{Paths: []string{"testdata/keys/a.jwks.json"}})
	if err != nil {
		return nil, err
	}
	check, err := verifier.New(verifier.Config{Keys: keys})
	if err != nil {
		return nil, err
	}
	g, err := gate.New(gate.Config{Verifier: check})
	if err != nil {
		return nil, err
	}
	protected, err := middleware.New(middleware.Config{Gate: g})
	if err != nil {
		return nil, err
	}
	return protected(video), nil
}

// Mint a token for one video, and serve the video to whoever holds it.
func Example() {
	handler, err := protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("the handler sees", r.URL.Path)
	}))
	if err != nil {
		log.Fatal(err)
	}
	file, err := os.ReadFile("testdata/keys/a.json") // what Stream's create-key call answered
	if err != nil {
		log.Fatal(err)
	}
	key, err := signer.ParseKey(file, "")
	if err != nil {
		log.Fatal(err)
	}
	mint, err := signer.New(signer.Config{Key: key})
	if err != nil {
		log.Fatal(err)
	}
	token, err := mint.Sign(streamtoken.Claims{Subject: "ea95132c15732412d22c1476fa83f27a", Expires: time.Now().Add(2 * time.Hour)})
	if err != nil {
		log.Fatal(err)
	}

	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest("GET", "/"+token+"/manifest/video.m3u8", nil))
	fmt.Println(answer.Code)

	answer = httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest("GET", "/"+token[:len(token)-8]+"AAAAAAAA/manifest/video.m3u8", nil))
	fmt.Println(answer.Code)
	// Output:
	// the handler sees /ea95132c15732412d22c1476fa83f27a/manifest/video.m3u8
	// 200
	// 401
}

// Bind a token to the viewer who asked for it, and to nobody else.
func Example_accessRules() {
	rules, err := accessrules.ParseText("allow country US,CA")
	if err != nil {
		log.Fatal(err)
	}
	set, err := accessrules.Compile([]accessrules.Rule{rules, {Type: accessrules.TypeAny, Action: accessrules.Block}})
	if err != nil {
		log.Fatal(err)
	}
	for _, country := range []string{"CA", "FR", "T1"} {
		v := set.Decide(accessrules.Viewer{Country: accessrules.ParseCountry(country)})
		fmt.Println(country, v.Action, "by rule", v.Rule)
	}
	// Output:
	// CA allow by rule 0
	// FR block by rule 1
	// T1 block by rule 1
}
