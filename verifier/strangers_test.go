package verifier_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/verifier"
)

// nilRefusal is a key set that returns a typed nil for an error.
type nilRefusal struct{}

func (nilRefusal) Key(string) (*verifier.Key, error) { return nil, (*streamtoken.Refusal)(nil) }

// A key set of someone else's making cannot make Verify panic.
func TestKeySetWithATypedNilError(t *testing.T) {
	v, err := verifier.New(verifier.Config{Keys: nilRefusal{}, Now: func() time.Time { return time.Unix(2000000000, 0) }})
	require.NoError(t, err)
	_, err = v.Verify(t.Context(), "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.e30.AAAA") // {"alg":"RS256","kid":"k"}, {}
	require.ErrorIs(t, err, streamtoken.ReasonKeysUnavailable)
}
