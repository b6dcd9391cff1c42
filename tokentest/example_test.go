package tokentest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
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

// signedURL is the code under test: it asks Cloudflare for a token, as it would with an SDK.
//
//	client := cloudflare.NewClient(option.WithBaseURL(baseURL), option.WithAPIToken(apiToken))
//	res, err := client.Stream.Token.New(ctx, video, stream.TokenNewParams{AccountID: cloudflare.F(account), ...})
func signedURL(ctx context.Context, baseURL, apiToken, account, video string) (string, error) {
	body := fmt.Sprintf(`{"exp": %d, "accessRules": [{"type": "ip.src", "action": "block", "ip": ["203.0.113.0/24"]}]}`,
		time.Now().Add(time.Hour).Unix())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost,
		baseURL+"/accounts/"+account+"/stream/"+video+"/token", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+apiToken)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the API answered %s", res.Status)
	}
	var answer struct{ Result struct{ Token string } }
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return "", err
	}
	return "/" + answer.Result.Token + "/manifest/video.m3u8", nil
}

// A test of such a program is a function like this one. With an SDK, pass api.BaseURL and api.APIToken to its client.
func testSignedURL(t *testing.T) {
	api := tokentest.ControlAPI(t)
	url, err := signedURL(t.Context(), api.BaseURL, api.APIToken, api.AccountID, "ea95132c15732412d22c1476fa83f27a")
	if err != nil {
		t.Fatal(err)
	}

	// The edge takes the tokens of this API.
	edge := tokentest.EdgeConfig(t, middleware.Config{Gate: api.Gate(t), Now: api.Clock.Now}, http.HandlerFunc(handler))
	get := func() int {
		res, err := edge.Client().Get(edge.URL + url)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	if status := get(); status != http.StatusOK {
		t.Errorf("a fresh URL: %d", status)
	}
	api.Clock.Advance(2 * time.Hour)
	if status := get(); status != http.StatusUnauthorized {
		t.Errorf("two hours later: %d", status)
	}
}

func ExampleControlAPI() {
	// In a file of tests: func TestSignedURL(t *testing.T) { ... }
	_ = testSignedURL
}

func Example() {
	// In a file of tests: func TestHandler(t *testing.T) { ... }
	_ = testHandler
}
