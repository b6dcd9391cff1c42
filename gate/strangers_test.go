package gate_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/gate"
	"github.com/streamtoken/streamtoken/verifier"
)

// verifierFunc is a verifier of someone else's making.
type verifierFunc func(string) (*verifier.Token, error)

func (f verifierFunc) VerifyFrom(_ context.Context, token string, _ uint64) (*verifier.Token, error) {
	return f(token)
}

// A verifier that gives nothing at all refuses, and the operator reads why.
func TestVerifierThatSaysNothing(t *testing.T) {
	g, err := gate.New(gate.Config{Verifier: verifierFunc(func(string) (*verifier.Token, error) { return nil, nil })})
	require.NoError(t, err)
	d := g.Decide(t.Context(), gate.Request{})
	require.Equal(t, streamtoken.ReasonKeysUnavailable, d.Reason)
	require.Equal(t, "the verifier gave neither a token nor a reason", d.Detail)
}

// What a verifier says goes on as it stands, for the operator's log line.
func TestVerifierThatRefuses(t *testing.T) {
	said := &streamtoken.Refusal{Reason: streamtoken.ReasonTokenRevoked, Detail: "this key, since noon", KeyID: "k", Subject: "s"}
	g, err := gate.New(gate.Config{Verifier: verifierFunc(func(string) (*verifier.Token, error) { return nil, fmt.Errorf("x: %w", said) })})
	require.NoError(t, err)
	want := gate.Decision{Reason: said.Reason, Detail: said.Detail, Rule: -1, KeyID: "k", Subject: "s"}
	require.Equal(t, want, g.Decide(t.Context(), gate.Request{}))
	require.Equal(t, gate.Explanation{Decision: want}, g.Explain(t.Context(), gate.Request{}))
}

// A refusal that is none, and a token that comes with an error, refuse as well.
func TestVerifierThatContradictsItself(t *testing.T) {
	var none *streamtoken.Refusal
	for _, v := range []verifierFunc{
		func(string) (*verifier.Token, error) { return nil, none },
		func(string) (*verifier.Token, error) { return &verifier.Token{}, none },
		func(string) (*verifier.Token, error) { return &verifier.Token{}, errors.New("?") },
		func(string) (*verifier.Token, error) { return nil, &streamtoken.Refusal{} },
	} {
		g, err := gate.New(gate.Config{Verifier: v})
		require.NoError(t, err)
		d := g.Decide(t.Context(), gate.Request{})
		require.False(t, d.Allowed)
		require.Nil(t, d.Token)
		require.Equal(t, streamtoken.ReasonKeysUnavailable, d.Reason)
	}
}
