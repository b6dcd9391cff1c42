//go:build integration

package tokens

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/moq"
)

const (
	relay      = "5f0c2b6e1d9a4c7b8e3f6a1d2c5b4e7f"
	jti        = "00112233445566778899aabbccddeeff"
	moqHeader  = `{"alg":"Ed25519","kid":"` + idA + `"}`
	moqPayload = `{"aud":"moq.cloudflare.com","sub":"` + relay + `","jti":"` + jti + `","operations":["publish","subscribe"],"iat":1780000000,"exp":1780003600}`
)

// moqJob is a job of moq.mjs.
type moqJob struct {
	job
	Alg string `json:"alg,omitempty"`
}

func moqNode(t *testing.T, jobs ...moqJob) []answer {
	t.Helper()
	in, err := json.Marshal(jobs)
	require.NoError(t, err)
	cmd := exec.Command("node", "moq.mjs")
	cmd.Stdin = bytes.NewReader(in)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node moq.mjs (are node and, by npm ci, the packages of package-lock.json there?): %v\n%s", err, stderr.String())
	}
	var answers []answer
	require.NoError(t, json.Unmarshal(out, &answers))
	require.Len(t, answers, len(jobs))
	return answers
}

// opensslKey has OpenSSL make an Ed25519 key.
func opensslKey(t *testing.T) string {
	t.Helper()
	out, ok := openssl(t, "", "genpkey", "-algorithm", "ed25519")
	require.True(t, ok)
	return out
}

// opensslEd25519 has OpenSSL sign header and payload as they stand.
func opensslEd25519(t *testing.T, key, header, payload string) string {
	t.Helper()
	input := b64url(header) + "." + b64url(payload)
	sig, ok := openssl(t, "", "pkeyutl", "-sign", "-rawin", "-inkey", written(t, key), "-in", written(t, input))
	require.True(t, ok)
	return input + "." + b64url(sig)
}

func moqKeys(t *testing.T, text string) (*moq.Key, string) {
	t.Helper()
	key, err := moq.ParseKey([]byte(text), idA)
	require.NoError(t, err)
	set, err := moq.MarshalJWKS(key)
	require.NoError(t, err)
	return key, string(set)
}

func moqVerify(t *testing.T, set, token string, edDSA bool) error {
	t.Helper()
	keys, err := moq.ParseKeys([]byte(set), "")
	require.NoError(t, err)
	v, err := moq.NewVerifier(moq.VerifierConfig{Keys: keys, Accepted: moq.AcceptAll{}, EdDSA: edDSA, Now: clock})
	require.NoError(t, err)
	_, err = v.Verify(context.Background(), token)
	return err
}

func check(token, set, alg string) moqJob {
	return moqJob{job{Op: "verify", Token: token, JWKS: set, Now: now}, alg}
}

// TestRelayTokens: Ed25519 signatures are deterministic, so that agreement of jose, OpenSSL and this project is agreement of
// bytes, by the key in each form; and what one makes the others verify.
func TestRelayTokens(t *testing.T) {
	for _, alg := range []string{"Ed25519", "EdDSA"} {
		t.Run(alg, func(t *testing.T) {
			inPEM := opensslKey(t)
			key, set := moqKeys(t, inPEM)
			inJWK, err := key.MarshalJWK()
			require.NoError(t, err)
			header := strings.Replace(moqHeader, "Ed25519", alg, 1)

			s, err := moq.New(moq.Config{Key: key, EdDSA: alg == "EdDSA", Now: clock})
			require.NoError(t, err)
			ours, err := s.Sign(moq.Claims{Relay: relay, ID: jti, Operations: moq.Operations(), Expires: clock().Add(3600e9)})
			require.NoError(t, err)
			require.Equal(t, opensslEd25519(t, inPEM, header, moqPayload), ours)

			sign := job{Op: "sign", Header: json.RawMessage(header), Claims: json.RawMessage(moqPayload)}
			fromPEM, fromJWK := sign, sign
			var bare map[string]string
			require.NoError(t, json.Unmarshal(inJWK, &bare))
			delete(bare, "alg") // jose takes a key for the algorithm that it names alone
			text, err := json.Marshal(bare)
			require.NoError(t, err)
			fromPEM.PEM, fromJWK.JWK = inPEM, string(text)
			require.Equal(t, []answer{{Token: ours}, {Token: ours}}, moqNode(t, moqJob{job: fromPEM}, moqJob{job: fromJWK}))

			require.Equal(t, []answer{{OK: true}}, moqNode(t, check(ours, set, alg)))
			require.NoError(t, moqVerify(t, set, ours, alg == "EdDSA"))
			require.ErrorIs(t, moqVerify(t, set, ours, alg != "EdDSA"), streamtoken.ReasonAlgNotAllowed)
		})
	}
}

// TestKeysOfJose: a key that goes through jose's own import and a set that jose reads are the ones that are read here.
func TestKeysOfJose(t *testing.T) {
	inPEM := opensslKey(t)
	block, _ := pem.Decode([]byte(inPEM))
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	require.NoError(t, err)
	key, set := moqKeys(t, inPEM)
	require.Equal(t, private.(ed25519.PrivateKey).Public(), key.Public())
	// Beside keys of other kinds, as the control API publishes them.
	mixed := strings.TrimSuffix(strings.TrimSpace(keyFile(t, "b.jwks.json")), "]}") + "," + strings.TrimPrefix(set, `{"keys":[`)
	token := opensslEd25519(t, inPEM, moqHeader, moqPayload)
	require.NoError(t, moqVerify(t, mixed, token, false))
	require.Equal(t, []answer{{OK: true}}, moqNode(t, check(token, mixed, "Ed25519")))
}

// TestTamperedRelayTokens: each change is refused by both, with our reason beside it.
func TestTamperedRelayTokens(t *testing.T) {
	inPEM := opensslKey(t)
	_, set := moqKeys(t, inPEM)
	good := opensslEd25519(t, inPEM, moqHeader, moqPayload)
	parts := strings.Split(good, ".")
	sig, err := base64.RawURLEncoding.DecodeString(parts[2])
	require.NoError(t, err)
	flipped := slices.Clone(sig)
	flipped[40] ^= 1
	swap := func(old, new string) string {
		require.Contains(t, moqPayload, old)
		return parts[0] + "." + b64url(strings.Replace(moqPayload, old, new, 1)) + "." + parts[2]
	}
	resigned := func(old, new string) string {
		return opensslEd25519(t, inPEM, moqHeader, strings.Replace(moqPayload, old, new, 1))
	}
	for name, c := range map[string]struct {
		token  string
		reason streamtoken.Reason
	}{
		"another relay":     {swap(relay, jti), streamtoken.ReasonSignatureInvalid},
		"fewer operations":  {swap(`"publish",`, ""), streamtoken.ReasonSignatureInvalid},
		"a bit":             {parts[0] + "." + parts[1] + "." + b64url(string(flipped)), streamtoken.ReasonSignatureInvalid},
		"cut":               {parts[0] + "." + parts[1] + "." + b64url(string(sig[:63])), streamtoken.ReasonSignatureInvalid},
		"by another key":    {opensslEd25519(t, opensslKey(t), moqHeader, moqPayload), streamtoken.ReasonSignatureInvalid},
		"alg none":          {b64url(`{"alg":"none","kid":"`+idA+`"}`) + "." + parts[1] + "." + parts[2], streamtoken.ReasonAlgNotAllowed},
		"EdDSA":             {opensslEd25519(t, inPEM, strings.Replace(moqHeader, "Ed25519", "EdDSA", 1), moqPayload), streamtoken.ReasonAlgNotAllowed},
		"an unknown kid":    {opensslEd25519(t, inPEM, strings.Replace(moqHeader, idA, idB, 1), moqPayload), streamtoken.ReasonKeyUnknown},
		"expired":           {resigned("1780003600", "1780000000"), streamtoken.ReasonTokenExpired},
		"another audience":  {resigned("moq.cloudflare.com", "relay.example"), streamtoken.ReasonClaimsInvalid},
		"an expiry as text": {resigned("1780003600", `"1780003600"`), streamtoken.ReasonClaimsInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, moqVerify(t, set, c.token, false), c.reason)
			require.False(t, moqNode(t, check(c.token, set, "Ed25519"))[0].OK)
		})
	}
}
