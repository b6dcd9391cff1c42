//go:build integration

package webtransport

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/moq"
)

// The token in the path is all that opens a session, and the handler knows what it permits and not what it is.
func TestAdmitted(t *testing.T) {
	r := newRelays(t)
	s, g := newServer(t, r, nil)
	subscriber := r.mint(t, func(_ *moq.Config, c *moq.Claims) { c.Operations = []moq.Operation{moq.Subscribe} })
	for token, permits := range map[string]string{
		r.mint(t, nil): "publish:true subscribe:true",
		subscriber:     "publish:false subscribe:true",
	} {
		client, _ := s.connect(t, nil)
		d := s.dial(t, client, "/"+token)
		require.Equal(t, http.StatusOK, d.status)
		require.Equal(t, relayID+" "+tokenID+" "+permits, greeted(t, d.session))
		require.NoError(t, d.session.CloseWithError(0, ""))
	}
	require.Equal(t, int64(2), g.asked.Load())
	require.False(t, g.saw.Load(), "the handler was shown a token")
}

// What is refused is refused with a status, before there is a session, and is not shown to the handler. The last attempt
// of each connection is a good one: the refusals are not the server's mood.
func TestRefused(t *testing.T) {
	r := newRelays(t)
	const revokedID = "77777777777777777777777777777777"
	good := r.mint(t, nil)
	of := func(change func(*moq.Config, *moq.Claims)) string { return "/" + r.mint(t, change) }
	forger := newRelays(t)
	forger.key = rekeyed(t, forger.key, r.key.ID())
	parts := strings.Split(good, ".")
	publisher := strings.Split(r.mint(t, func(_ *moq.Config, c *moq.Claims) { c.Relay = otherID }), ".")
	longAgo := func(cfg *moq.Config, c *moq.Claims) {
		past := time.Now().Add(-2 * time.Hour)
		cfg.Now = func() time.Time { return past }
		c.IssuedAt, c.Expires = past, past.Add(time.Hour)
	}
	for name, c := range map[string]struct {
		target string
		status int
		reason streamtoken.Reason
	}{
		"no token":                    {"/", 401, streamtoken.ReasonTokenMissing},
		"a name instead of a token":   {"/" + relayID, 401, streamtoken.ReasonTokenMissing},
		"garbage":                     {"/a.b.c", 401, streamtoken.ReasonTokenMalformed},
		"forged":                      {"/" + forger.mint(t, nil), 401, streamtoken.ReasonSignatureInvalid},
		"claims under another's sum":  {"/" + parts[0] + "." + publisher[1] + "." + parts[2], 401, streamtoken.ReasonSignatureInvalid},
		"another key":                 {"/" + newRelays(t).mint(t, nil), 401, streamtoken.ReasonKeyUnknown},
		"expired":                     {of(longAgo), 401, streamtoken.ReasonTokenExpired},
		"for another audience":        {of(func(cfg *moq.Config, _ *moq.Claims) { cfg.Audience = "moq.example.com" }), 401, streamtoken.ReasonClaimsInvalid},
		"revoked":                     {of(func(_ *moq.Config, c *moq.Claims) { c.ID = revokedID }), 401, streamtoken.ReasonTokenRevoked},
		"accepted at another relay":   {of(func(_ *moq.Config, c *moq.Claims) { c.Relay = otherID }), 401, streamtoken.ReasonTokenRevoked},
		"a further path segment":      {"/" + good + "/name", 400, streamtoken.ReasonRequestInvalid},
		"a segment before":            {"/name/" + good, 400, streamtoken.ReasonRequestInvalid},
		"a final slash":               {"/" + good + "/", 400, streamtoken.ReasonRequestInvalid},
		"in the query":                {"/?token=" + good, 400, streamtoken.ReasonRequestInvalid},
		"in the path and the query":   {"/" + good + "?jwt=" + good, 400, streamtoken.ReasonRequestInvalid},
		"as ?jwt=":                    {"/name?jwt=" + good, 400, streamtoken.ReasonRequestInvalid},
		"escaped":                     {"/%65" + good[1:], 400, streamtoken.ReasonRequestInvalid},
		"two slashes":                 {"//" + good, 400, streamtoken.ReasonRequestInvalid},
		"a dot segment":               {"/./" + good, 400, streamtoken.ReasonRequestInvalid},
		"larger than any token":       {"/" + good + strings.Repeat("A", 8<<10), 401, streamtoken.ReasonTokenTooLarge},
		"the token of another system": {"/eyJhbGciOiJub25lIn0.e30.", 401, streamtoken.ReasonTokenMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			s, g := newServer(t, r, nil)
			client, _ := s.connect(t, nil)
			d := s.dial(t, client, c.target)
			require.Nil(t, d.session)
			require.Equal(t, c.reason, d.reason)
			require.Equal(t, c.status, d.status)
			require.Equal(t, "no-store", d.header.Get("Cache-Control"))
			require.Equal(t, c.status == 401, d.header.Get("WWW-Authenticate") != "")
			require.Zero(t, g.asked.Load(), "the handler was asked")

			d = s.dial(t, client, "/"+good)
			require.NotNil(t, d.session)
			require.NotEmpty(t, greeted(t, d.session))
			require.Equal(t, int64(1), g.asked.Load())
		})
	}
}

// rekeyed is another key under the same id.
func rekeyed(t *testing.T, another *moq.Key, id string) *moq.Key {
	t.Helper()
	require.NotEqual(t, another.ID(), id)
	key, err := moq.GenerateKey(id)
	require.NoError(t, err)
	return key
}
