package streamtoken_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
)

func TestReasons(t *testing.T) {
	want := strings.Fields(`request_invalid token_ambiguous
		token_missing token_malformed token_too_large header_invalid alg_not_allowed key_unknown signature_invalid claims_invalid
		token_expired token_not_yet_valid lifetime_too_long token_revoked
		subject_mismatch not_downloadable rule_blocked client_ip_unavailable operation_not_allowed method_not_allowed
		keys_unavailable revocations_unavailable country_unavailable verifier_busy`)
	var got []string
	for _, r := range streamtoken.Reasons() {
		got = append(got, string(r))
	}
	require.Equal(t, want, got, "these strings are in people's logs and alerts")

	streamtoken.Reasons()[0] = "changed"
	require.Equal(t, streamtoken.ReasonRequestInvalid, streamtoken.Reasons()[0])
}

func TestRefusalIs(t *testing.T) {
	refusal := &streamtoken.Refusal{Reason: streamtoken.ReasonTokenExpired, Detail: "3m0s ago", KeyID: "k", Subject: "v"}
	joined := errors.Join(errors.New("x"), fmt.Errorf("y: %w", refusal))
	for _, err := range []error{
		refusal, fmt.Errorf("edge: %w", refusal), joined,
		streamtoken.ReasonTokenExpired, fmt.Errorf("edge: %w", streamtoken.ReasonTokenExpired),
	} {
		require.ErrorIs(t, err, streamtoken.ReasonTokenExpired)
		require.Equal(t, streamtoken.ReasonTokenExpired, streamtoken.ReasonOf(err))
		for _, other := range streamtoken.Reasons() {
			require.Equal(t, other == streamtoken.ReasonTokenExpired, errors.Is(err, other), other)
		}
	}
	require.NotErrorIs(t, refusal, errors.New("streamtoken: token_expired"))
	require.False(t, errors.Is(refusal, &streamtoken.Refusal{Reason: streamtoken.ReasonTokenExpired}), "a Refusal is compared by its Reason alone")

	require.NotErrorIs(t, &streamtoken.Refusal{}, errors.New("x"), "a Refusal without a Reason is no other error")

	var found *streamtoken.Refusal
	require.ErrorAs(t, joined, &found)
	require.Same(t, refusal, found)

	require.Empty(t, streamtoken.ReasonOf(nil))
	require.Empty(t, streamtoken.ReasonOf(errors.New("x")))
	none := error((*streamtoken.Refusal)(nil))
	require.Empty(t, streamtoken.ReasonOf(none))
	require.NotErrorIs(t, none, streamtoken.ReasonTokenExpired)
	require.NotErrorIs(t, none, streamtoken.Reason(""))
	require.EqualError(t, none, "streamtoken: refused")
}

func TestRefusalText(t *testing.T) {
	for want, refusal := range map[string]streamtoken.Refusal{
		"streamtoken: token_expired":                                   {Reason: streamtoken.ReasonTokenExpired},
		"streamtoken: token_expired: 3m0s ago":                         {Reason: streamtoken.ReasonTokenExpired, Detail: "3m0s ago", KeyID: "k", Subject: "v"},
		`streamtoken: x: a\nb\x1b[31m\x00\x7f`:                         {Reason: "x", Detail: "a\nb\x1b[31m\x00\u007f"},
		`streamtoken: x\r: \u202e\u00e9\xff\xfeend\ufffd\U0001f600 "\`: {Reason: "x\r", Detail: "\u202e\u00e9\xff\xfeend\ufffd\U0001F600 \"\\"},
		"streamtoken: ": {},
	} {
		require.EqualError(t, &refusal, want)
	}
	require.EqualError(t, streamtoken.ReasonKeyUnknown, "streamtoken: key_unknown")
}

// FuzzRefusalText: one line of printable ASCII whatever goes in, unchanged if
// it was that already.
func FuzzRefusalText(f *testing.F) {
	for _, s := range []string{"", "plain", "a\nb", "\x1b]0;x\x07", "\u2028", "\xff\xc3", "\ufffd", "quote \" slash \\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, detail string) {
		text := (&streamtoken.Refusal{Reason: "r", Detail: detail}).Error()
		plain := true
		for _, c := range []byte(detail) {
			plain = plain && ' ' <= c && c <= '~'
		}
		for _, c := range []byte(text) {
			require.True(t, ' ' <= c && c <= '~', "%q", text)
		}
		if plain && detail != "" {
			require.Equal(t, "streamtoken: r: "+detail, text)
		}
	})
}

func TestValidNames(t *testing.T) {
	for s, want := range map[string]struct{ subject, keyID bool }{
		"a": {true, true}, "azAZ09": {true, true}, "0": {true, true}, "Z9_-": {true, true}, "ea95132c15732412d22c1476fa83f27a": {true, true},
		"": {}, "_a": {false, true}, "-": {false, true}, ".": {false, true}, "..": {false, true}, "a.b": {false, true},
		"a/b": {}, "a b": {}, "a%2f": {}, "a\\b": {}, "a\n": {}, "\x00": {}, "a\x00": {}, "caf\u00e9": {}, "\xff": {}, "a+b": {}, "a=b": {}, "a~b": {},
		"a@": {}, "a`": {}, "a[": {}, "a{": {}, "a:": {}, "[a": {}, ":": {}, "`": {}, "@": {}, "{": {}, "/": {}, "a,": {},
		strings.Repeat("a", 64): {true, true}, strings.Repeat("a", 65): {false, true},
		strings.Repeat("a", 128): {false, true}, strings.Repeat("a", 129): {},
	} {
		require.Equal(t, want.subject, streamtoken.ValidSubject(s), "subject %q", s)
		require.Equal(t, want.keyID, streamtoken.ValidKeyID(s), "key id %q", s)
	}
}

func TestRevocationValidate(t *testing.T) {
	digest := strings.Repeat("0123456789abcdef", 4)
	for name, r := range map[string]streamtoken.Revocation{
		"key":            {KeyID: "k"},
		"subject":        {Subject: "v"},
		"digest":         {Digest: digest},
		"subject, until": {Subject: "v", Until: time.Unix(1, 0)},
	} {
		require.NoError(t, r.Validate(), name)
	}
	for want, list := range map[string][]streamtoken.Revocation{
		"neither":       {{}, {Until: time.Unix(1, 0)}},
		"more than one": {{KeyID: "k", Subject: "v"}, {KeyID: "k", Digest: digest}, {Subject: "v", Digest: digest}, {KeyID: "k", Subject: "v", Digest: digest}},
		"not a key id":  {{KeyID: "a/b"}, {KeyID: strings.Repeat("k", 129)}},
		"not a subject": {{Subject: ".."}, {Subject: strings.Repeat("v", 65)}},
		"64 lower-case": {
			{Digest: "a"}, {Digest: strings.ToUpper(digest)}, {Digest: digest + "0"}, {Digest: digest[1:]}, {Digest: digest[1:] + "g"},
			{Digest: digest[1:] + "/"}, {Digest: digest[1:] + ":"}, {Digest: digest[1:] + "`"}, {Digest: digest[1:] + " "},
		},
	} {
		for _, r := range list {
			require.ErrorContains(t, r.Validate(), want)
		}
	}
}
