package verifier_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/verifier"
)

// TestEngineVectors gives every token of the conformance vectors to a verifier
// with the vector engine and to one without: they answer alike, and as the
// vector says as far as a verifier without revocations answers it. Package gate
// runs the vectors whole.
func TestEngineVectors(t *testing.T) {
	paths, err := filepath.Glob("../testdata/vectors/*.json")
	require.NoError(t, err)
	later := []streamtoken.Reason{ // or not set up here
		streamtoken.ReasonTokenRevoked, streamtoken.ReasonRevocationsUnavailable, streamtoken.ReasonSubjectMismatch, streamtoken.ReasonNotDownloadable,
		streamtoken.ReasonRuleBlocked, streamtoken.ReasonClientIPUnavailable, streamtoken.ReasonCountryUnavailable,
	}
	ran, held := 0, 0
	for _, path := range paths {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		var file struct {
			Kind    string
			Vectors []struct {
				Name, Token         string
				Now, Leeway         int64
				Keys, Faults        []string
				RefuseUnknownClaims bool
				Expect              streamtoken.Reason
			}
		}
		if filepath.Base(path) == "request.json" { // of another form, and package middleware's
			continue
		}
		require.NoError(t, json.Unmarshal(data, &file), path)
		for _, c := range file.Vectors {
			if slices.Contains(c.Faults, "keys") {
				continue
			}
			var keys []*verifier.Key
			for _, name := range c.Keys {
				set, err := os.ReadFile("../testdata/keys/" + name)
				require.NoError(t, err)
				parsed, _, err := verifier.ParseKeys(set, "")
				require.NoError(t, err)
				keys = append(keys, parsed...)
			}
			var reasons [2]streamtoken.Reason
			var details [2]string
			for i, change := range []func(*verifier.Config){func(*verifier.Config) {}, withVector} {
				v := newVerifier(t, change, keysOf(t, keys...), func(cfg *verifier.Config) {
					cfg.Now, cfg.Leeway = clock(time.Unix(c.Now, 0)), time.Duration(c.Leeway)*time.Second
					cfg.RefuseUnknownClaims = c.RefuseUnknownClaims
				})
				tok, err := v.Verify(t.Context(), c.Token)
				require.Equal(t, err == nil, tok != nil)
				if err != nil {
					reasons[i], details[i] = streamtoken.ReasonOf(err), err.Error()
				}
			}
			require.Equal(t, reasons[0], reasons[1], c.Name)
			require.Equal(t, details[0], details[1], c.Name)
			want := c.Expect
			if want == "allow" || slices.Contains(later, want) {
				want = ""
				held++
			}
			require.Equal(t, want, reasons[1], c.Name)
			ran++
		}
	}
	require.Greater(t, ran, 780)
	require.Greater(t, held, 150)
}
