package api_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/signer"
	"github.com/streamtoken/streamtoken/verifier"
)

func TestStreamKeys(t *testing.T) {
	w := newWorld(t)
	path := in(accountA) + "/stream/keys"
	require.Equal(t, "[]", string(w.do("GET", path, "").ok(nil).Result))

	// The SDKs send nothing, {} with a type, or nothing with a type.
	var first, second streamKey
	w.do("POST", path, "", without("Content-Type")).ok(&first)
	w.clock.advance(time.Second)
	w.do("POST", path, "{}", with("Content-Type", "application/json")).ok(&second)

	pem, err := base64.StdEncoding.DecodeString(first.PEM)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(pem), "-----BEGIN RSA PRIVATE KEY-----\n"))
	jwk, err := base64.StdEncoding.DecodeString(first.JWK)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(jwk), `{"use":"sig","kty":"RSA","kid":"`+first.ID+`","alg":"RS256","n":"`))
	require.Equal(t, "2030-01-02T03:04:05.678901234Z", first.Created)
	_, err = signer.ParseKey([]byte(first.PEM), first.ID)
	require.NoError(t, err)

	var list []streamKey
	w.do("GET", path, "").ok(&list)
	require.Equal(t, []streamKey{
		{ID: second.ID, KeyID: second.ID, Created: second.Created},
		{ID: first.ID, KeyID: first.ID, Created: first.Created},
	}, list)

	a := w.do("DELETE", path+"/"+first.ID, "")
	e := a.ok(nil)
	require.Equal(t, `"Revoked"`, string(e.Result))
	require.Equal(t, "acknowledged", a.header.Get("Streamtoken-Invalidated"))
	require.Equal(t, 90101, e.Messages[0].Code)
	w.do("DELETE", path+"/"+first.ID, "").refused(404, 10003, "")
	w.do("DELETE", path+"/never-was", "").refused(404, 10003, "")
	w.do("GET", path, "").ok(&list)
	require.Len(t, list, 1)
}

// Deleting a key takes it out of the published set, so that every token it signed dies.
func TestTokensDieWithTheirKey(t *testing.T) {
	w := newWorld(t)
	k, _ := w.newStreamKey(accountA), w.newStreamKey(accountA)
	var minted struct{ Token string }
	w.do("POST", in(accountA)+"/stream/"+video+"/token", `{"id":"`+k.ID+`","pem":"`+k.PEM+`"}`).ok(&minted)
	verify := func() error {
		v := w.streamVerifier(accountA)
		_, err := v.Verify(t.Context(), minted.Token)
		return err
	}
	require.NoError(t, verify())
	w.do("DELETE", in(accountA)+"/stream/keys/"+k.ID, "").ok(nil)
	require.ErrorIs(t, verify(), streamtoken.ReasonKeyUnknown)
	require.JSONEq(t, `{"revocations":[{"keyId":"`+k.ID+`"}]}`, w.do("GET", "/-/revocations", "").body)
}

// streamVerifier has the keys that the account publishes at this moment.
func (w *world) streamVerifier(account string) *verifier.Verifier {
	w.Helper()
	a := w.do("GET", "/.well-known/jwks.json?account_id="+account, "")
	require.Equal(w, 200, a.status)
	keys, _, err := verifier.ParseKeys([]byte(a.body), "")
	require.NoError(w, err)
	set, err := verifier.NewStaticKeys(keys...)
	require.NoError(w, err)
	v, err := verifier.New(verifier.Config{Keys: set, Now: w.clock.Now})
	require.NoError(w, err)
	return v
}
