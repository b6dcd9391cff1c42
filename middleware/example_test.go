package middleware_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/gate"
	"github.com/streamtoken/streamtoken/middleware"
	"github.com/streamtoken/streamtoken/signer"
	"github.com/streamtoken/streamtoken/verifier"
)

// A handler that is reached with a good token only, and knows the video by its id.
func Example() {
	// The side that has the signing key.
	answer, _ := os.ReadFile("../testdata/keys/a.json")
	key, _ := signer.ParseKey(answer, "")
	s, _ := signer.New(signer.Config{Key: key})
	open, _ := s.Sign(streamtoken.Claims{Subject: "vid1"})
	blocked, _ := s.Sign(streamtoken.Claims{Subject: "vid1", AccessRules: []accessrules.Rule{{Type: accessrules.TypeAny, Action: accessrules.Block}}})

	// The side that has public keys alone.
	set, _ := os.ReadFile("../testdata/keys/a.jwks.json")
	list, _, _ := verifier.ParseKeys(set, "")
	keys, _ := verifier.NewStaticKeys(list...)
	v, _ := verifier.New(verifier.Config{Keys: keys})
	g, _ := gate.New(gate.Config{Verifier: v})
	protect, err := middleware.New(middleware.Config{Gate: g})
	if err != nil {
		fmt.Println(err)
		return
	}
	videos := protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ := middleware.IdentityFrom(r.Context())
		fmt.Fprint(w, r.URL.Path, " for ", id.Subject)
	}))

	for _, first := range []string{open, blocked, "vid1"} {
		w := httptest.NewRecorder()
		videos.ServeHTTP(w, httptest.NewRequest("GET", "/"+first+"/manifest/video.m3u8", nil))
		if w.Code == http.StatusOK {
			fmt.Println(w.Code, w.Body)
		} else {
			fmt.Println(w.Code, w.Header().Get("Content-Type"))
		}
	}
	// Output:
	// 200 /vid1/manifest/video.m3u8 for vid1
	// 403 application/problem+json
	// 401 application/problem+json
}
