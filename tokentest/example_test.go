package tokentest_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/middleware"
	"github.com/streamtoken/streamtoken/tokentest"
)

// handler is what a program serves behind the middleware.
func handler(w http.ResponseWriter, r *http.Request) {
	id, _ := middleware.IdentityFrom(r.Context())
	fmt.Fprintf(w, "%s for %s", r.URL.Path, id.Subject)
}

// A test of such a program is a function like this one, named TestHandler.
func testHandler(t *testing.T) {
	edge := tokentest.Edge(t, http.HandlerFunc(handler))
	get := func(token string) (int, string) {
		res, err := edge.Client().Get(edge.URL + "/" + token + "/manifest/video.m3u8")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}

	video := streamtoken.Claims{Subject: "video"}
	token := tokentest.Token(t, video)
	if status, body := get(token); status != http.StatusOK || body != "/video/manifest/video.m3u8 for video" {
		t.Errorf("a good token: %d %s", status, body)
	}
	if status, _ := get(tokentest.BlockedToken(t, video)); status != http.StatusForbidden {
		t.Errorf("a viewer whom a rule blocks: %d", status)
	}
	if status, _ := get(tokentest.ForgedToken(t, video)); status != http.StatusUnauthorized {
		t.Errorf("a forged token: %d", status)
	}
	edge.Clock.Advance(2 * time.Hour)
	if status, _ := get(token); status != http.StatusUnauthorized {
		t.Errorf("two hours later: %d", status)
	}
}

func Example() {
	// In a file of tests: func TestHandler(t *testing.T) { ... }
	_ = testHandler
}
