package gate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/gate"
	"github.com/streamtoken/streamtoken/verifier"
)

// verifierFunc is a verifier of someone else's making.
type verifierFunc func(string) (*verifier.Token, error)

func (f verifierFunc) Verify(token string) (*verifier.Token, error) { return f(token) }

// A verifier that gives nothing at all refuses, and the operator reads why.
func TestVerifierThatSaysNothing(t *testing.T) {
	g, err := gate.New(gate.Config{Verifier: verifierFunc(func(string) (*verifier.Token, error) { return nil, nil })})
	require.NoError(t, err)
	d := g.Decide(gate.Request{})
	require.Equal(t, streamtoken.ReasonKeysUnavailable, d.Reason)
	require.Equal(t, "the verifier gave neither a token nor a reason", d.Detail)
}
