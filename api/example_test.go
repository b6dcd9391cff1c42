package api_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"

	"github.com/streamtoken/streamtoken/api"
	"github.com/streamtoken/streamtoken/signer"
)

// A sidecar that signs with one key. It asks for no credential: put it on a Unix socket.
func ExampleNewMinter() {
	data, _ := os.ReadFile("../testdata/keys/a.json")
	key, err := signer.ParseKey(data, "")
	if err != nil {
		fmt.Println(err)
		return
	}
	s, _ := signer.New(signer.Config{Key: key})
	minter, err := api.NewMinter(api.MinterConfig{Signer: s})
	if err != nil {
		fmt.Println(err)
		return
	}
	rec := httptest.NewRecorder()
	minter.ServeHTTP(rec, httptest.NewRequest("POST", "/accounts/any/stream/ea95132c15732412d22c1476fa83f27a/token", nil))
	var answer struct {
		Success bool
		Result  struct{ Token string }
	}
	_ = json.Unmarshal(rec.Body.Bytes(), &answer)
	fmt.Println(rec.Code, answer.Success, answer.Result.Token[:27])
	// Output: 200 true eyJhbGciOiJSUzI1NiIsImtpZCI
}
