package signer_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/signer"
)

// FuzzParseKey: an accepted key has the id asked for, mints what its public key verifies, and written as an answer and read
// again it is the same key.
func FuzzParseKey(f *testing.F) {
	for _, form := range forms(f) {
		f.Add([]byte(form.data), form.id)
	}
	f.Add([]byte(read(f, "a.pub.pem")), idA)
	f.Add([]byte(read(f, "a.jwks.json")), "")
	f.Fuzz(func(t *testing.T, data []byte, id string) {
		key, err := signer.ParseKey(data, id)
		if err != nil {
			require.Nil(t, key)
			require.True(t, strings.HasPrefix(err.Error(), "signer: "))
			return
		}
		require.True(t, streamtoken.ValidKeyID(key.ID()))
		if id != "" {
			require.Equal(t, id, key.ID())
		}
		token := sign(t, key, streamtoken.Claims{Subject: uid})
		open(t, key.Public(), token)
		answer, err := key.MarshalAnswer(issue)
		require.NoError(t, err)
		require.Equal(t, token, sign(t, parse(t, string(answer), key.ID()), streamtoken.Claims{Subject: uid}))
	})
}

// FuzzResolve: what is not refused keeps every rule of a minted token.
func FuzzResolve(f *testing.F) {
	f.Add(int64(issueUnix), uid, int64(0), int64(0), false, false)
	f.Add(int64(issueUnix), uid, int64(issueUnix+60), int64(issueUnix), true, true)
	f.Add(int64(0), "a", int64(1), int64(-1), true, false)
	f.Add(int64(streamtoken.MaxUnixTime), "a", int64(streamtoken.MaxUnixTime), int64(0), true, false)
	key := parse(f, read(f, "a.json"), "")
	f.Fuzz(func(t *testing.T, now int64, sub string, exp, nbf int64, withExp, withNbf bool) {
		c := streamtoken.Claims{Subject: sub, AccessRules: fiveRules()}
		if withExp {
			c.Expires = time.Unix(exp, 0)
		}
		if withNbf {
			c.NotBefore = time.Unix(nbf, 0)
		}
		s := newSigner(t, key, func() time.Time { return time.Unix(now, 0) })
		got, err := s.Resolve(c)
		if err != nil {
			require.Zero(t, got)
			return
		}
		require.True(t, streamtoken.ValidSubject(got.Subject))
		require.Greater(t, got.Expires.Unix(), now)
		require.LessOrEqual(t, got.Expires.Unix()-now, int64(86400))
		require.Greater(t, got.Expires.Unix(), got.NotBefore.Unix())
		parsed, err := streamtoken.ParseClaims(got.AppendJSON(nil), true)
		require.NoError(t, err)
		require.Equal(t, parsed, got)
		again, err := s.Resolve(got)
		require.NoError(t, err)
		require.Equal(t, got, again, "resolved claims resolve to themselves")
	})
}

// FuzzURL: an accepted base gives an address on that host whose path ends in the token and the asset.
func FuzzURL(f *testing.F) {
	for _, base := range []string{customer, "http://[::1]:80/a/b/", "https://u@h", "https://h/?q", "https://h/a%2fb", "https://h/%2e", "https://h/@ q"} {
		f.Add(base)
	}
	f.Fuzz(func(t *testing.T, base string) {
		got, err := signer.URL(base, tokenForm, signer.AssetWebRTC)
		if err != nil {
			require.Empty(t, got)
			return
		}
		require.True(t, strings.HasPrefix(got, "https://") || strings.HasPrefix(got, "http://"))
		require.True(t, strings.HasSuffix(got, "/"+tokenForm+"/webRTC/play"))
		require.NotContains(t, strings.TrimPrefix(strings.TrimPrefix(got, "https:"), "http:")[2:], "//")
		require.False(t, strings.ContainsAny(got, " \t\r\n\\\"<>?#"), got)
		u, err := url.Parse(got)
		require.NoError(t, err)
		require.Nil(t, u.User)
		again, err := signer.URL(strings.TrimSuffix(got, "/"+tokenForm+"/webRTC/play"), tokenForm, signer.AssetWebRTC)
		require.NoError(t, err)
		require.Equal(t, got, again)
	})
}
