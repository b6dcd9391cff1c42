package api_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/api"
	"github.com/streamtoken/streamtoken/signer"
	"github.com/streamtoken/streamtoken/verifier"
)

func TestMinter(t *testing.T) {
	key, err := signer.ParseKey([]byte(readTestdata(t, "a.json")), "")
	require.NoError(t, err)
	s, err := signer.New(signer.Config{Key: key})
	require.NoError(t, err)
	h, err := api.NewMinter(api.MinterConfig{Signer: s})
	require.NoError(t, err)
	keys, _, err := verifier.ParseKeys([]byte(readTestdata(t, "a.jwks.json")), "")
	require.NoError(t, err)
	set, err := verifier.NewStaticKeys(keys...)
	require.NoError(t, err)
	v, err := verifier.New(verifier.Config{Keys: set})
	require.NoError(t, err)

	for _, path := range []string{in(accountA), in(accountB), "/accounts/any"} {
		for _, body := range []string{"", "{}", `{"downloadable":true}`} {
			a := serve(t, h, "POST", path+tokenPath, body, without("Authorization"))
			var result struct{ Token string }
			a.ok(&result)
			tok, err := v.Verify(t.Context(), result.Token)
			require.NoError(t, err)
			require.Equal(t, strings.Contains(body, "true"), tok.Claims().Downloadable)
		}
	}
	serve(t, h, "POST", in(accountA)+tokenPath, `{"exp":"x"}`).refused(400, 10005, "/exp")
	serve(t, h, "POST", in(accountA)+"/stream/"+strings.Repeat("a", 33)+"/token", "").refused(400, 10005, "")
	require.JSONEq(t, `{"status":"ok"}`, serve(t, h, "GET", "/healthz", "").body)
	// Nothing else is there.
	for _, r := range api.ControlRoutes() {
		if r.Pattern == "/healthz" || strings.HasSuffix(r.Pattern, "/token") {
			continue
		}
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest(r.Method, pathOf(r.Pattern), nil))
		require.Contains(t, []int{404, 405}, rec.Code, r.Pattern)
	}
	h, err = api.NewMinter(api.MinterConfig{})
	require.Error(t, err)
	require.Nil(t, h)
}
