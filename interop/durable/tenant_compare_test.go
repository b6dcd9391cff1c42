//go:build integration

package durable

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// compare wants the server to have what was acknowledged, and nothing that was taken away. The change that was under way may
// have been made or not, whole in either case; it reports whether there was one, and whether it was made.
func (c *tenant) compare(t testing.TB) (pending, made int) {
	t.Helper()
	p := c.pending
	if p == nil {
		p = &change{}
	} else {
		pending, c.pending = 1, nil
	}

	names := map[string]string{} // of relays by uid
	var objects []relay
	_, err := c.api.change(http.MethodGet, "/moq/relays", nil, &objects)
	require.NoError(t, err)
	for _, r := range objects {
		names[r.UID] = r.Name
		if p.what == "make relay" && r.Name == p.id {
			made = 1
			jtis, _, err := c.api.accepted(r.UID)
			require.NoError(t, err)
			require.Len(t, jtis, 2, "a relay is made with its tokens")
		}
	}
	if _, there := names[p.relay]; p.what == "delete relay" && !there {
		p.did("")
		made = 1
	}
	for uid := range c.gone {
		require.NotContains(t, names, uid, "a deleted relay")
		_, status, err := c.api.accepted(uid)
		require.NoError(t, err)
		require.Equal(t, http.StatusNotFound, status)
	}
	for uid := range c.relays {
		require.Contains(t, names, uid, "a relay")
		made += c.compareTokens(t, uid, p)
	}

	made += compareObjects(t, c.api.list(t, "/stream/keys", "id"), c.keys, p, "delete key")
	made += compareObjects(t, c.api.list(t, "/calls/turn_keys", "uid"), c.turn, p, "delete TURN key")
	keys, _, err := c.api.keys()
	require.NoError(t, err)
	for id, lives := range c.keys {
		require.Equal(t, lives, slices.Contains(keys, id), "a stream key among the public keys")
	}
	return pending, made
}

// compareTokens wants a relay to accept the tokens that are known, or those that p makes of them.
func (c *tenant) compareTokens(t testing.TB, uid string, p *change) (made int) {
	t.Helper()
	got, status, err := c.api.accepted(uid)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
	for _, jti := range got {
		require.False(t, c.retired[jti], "a token that was rotated away or deleted is accepted")
	}
	want := c.relays[uid].all()
	if slices.Equal(got, want) {
		return 0
	}
	require.Equal(t, uid, p.relay, "a relay that nothing was under way for: it accepts %v, not %v", got, want)
	lost := slices.DeleteFunc(slices.Clone(want), func(jti string) bool { return slices.Contains(got, jti) })
	found := slices.DeleteFunc(slices.Clone(got), func(jti string) bool { return slices.Contains(want, jti) })
	switch p.what {
	case "rotate":
		require.Equal(t, []string{p.id}, lost)
		require.Len(t, found, 1)
		p.did(found[0])
	case "make token":
		require.Empty(t, lost)
		require.Len(t, found, 1)
		p.did(found[0])
	case "delete token":
		require.Equal(t, []string{p.id}, lost)
		require.Empty(t, found)
		p.did("")
	default:
		require.Equal(t, want, got, p.what)
	}
	return 1
}

// compareObjects wants there to be all keys that live, and none that were deleted.
func compareObjects(t testing.TB, there []string, known map[string]bool, p *change, deletion string) (made int) {
	t.Helper()
	if p.what == deletion && !slices.Contains(there, p.id) {
		p.did("")
		made = 1
	}
	for id, lives := range known {
		require.Equal(t, lives, slices.Contains(there, id), "a key that must be there, or must not")
	}
	return made
}
