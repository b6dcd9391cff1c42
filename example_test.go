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
func protect(video http.Handler, keysFile string) http.Handler {
	keys := must(verifier.Follow(verifier.FollowConfig{Paths: []string{keysFile}}))
	check := must(verifier.New(verifier.Config{Keys: keys}))
	g := must(gate.New(gate.Config{Verifier: check}))
	guard := must(middleware.New(middleware.Config{Gate: g}))
	return guard(video)
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

// Mint a token for one video, and serve the video to whoever holds it.
func Example() {
	handler := protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("the handler sees", r.URL.Path)
	}), "testdata/keys/a.jwks.json")

	file := must(os.ReadFile("testdata/keys/a.json")) // what Stream's create-key call answered
	key := must(signer.ParseKey(file, ""))
	mint := must(signer.New(signer.Config{Key: key}))
	token := must(mint.Sign(streamtoken.Claims{Subject: "ea95132c15732412d22c1476fa83f27a", Expires: time.Now().Add(2 * time.Hour)}))

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

// Let in viewers of two countries, and nobody else: without the closing rule everybody else would be allowed.
func Example_accessRules() {
	rule := must(accessrules.ParseText("allow country US,CA"))
	set := must(accessrules.Compile([]accessrules.Rule{rule, {Type: accessrules.TypeAny, Action: accessrules.Block}}))
	for _, country := range []string{"CA", "FR", "T1"} {
		v := set.Decide(accessrules.Viewer{Country: accessrules.ParseCountry(country)})
		fmt.Println(country, v.Action, "by rule", v.Rule)
	}
	// Output:
	// CA allow by rule 0
	// FR block by rule 1
	// T1 block by rule 1
}
