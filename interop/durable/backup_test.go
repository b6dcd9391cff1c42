//go:build integration

package durable

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// kept is a state with one of everything, and what happened to it after its backup.
type kept struct {
	place
	server *server
	api    *client
	file   string // the backup
	ownKey string // id of the account's own key

	relay              string // both is rotated after the backup
	both, one, another string
	rotated            string // what both was rotated to
	deletedRelay       string // after the backup
	laterRelay         string // made after the backup
	key, deletedKey    key
	turn               key
}

// newKept makes it, and the backup while another client goes on with changes.
func newKept(t *testing.T) *kept {
	k := &kept{place: newPlace(t)}
	k.server = k.serve(t)
	k.api = k.server.api(t)
	add := func(path string, body, v any) {
		t.Helper()
		_, err := k.api.change(http.MethodPost, path, body, v)
		require.NoError(t, err)
	}
	stage, err := k.api.createRelay("stage")
	require.NoError(t, err)
	k.relay = stage.UID
	k.both, k.one = stage.tokens()
	var made relay
	add("/moq/relays/"+k.relay+"/tokens", map[string]any{"operations": []string{"publish"}}, &made)
	k.another = made.Issuers[0].Tokens[0].JTI
	other, err := k.api.createRelay("other")
	require.NoError(t, err)
	k.deletedRelay = other.UID
	add("/stream/keys", nil, &k.key)
	add("/stream/keys", nil, &k.deletedKey)
	add("/calls/turn_keys", map[string]any{"name": "phones"}, &k.turn)
	var v struct{ Token string }
	add("/stream/ea95132c15732412d22c1476fa83f27a/token", nil, &v)
	k.ownKey, err = member(v.Token, 0, "kid")
	require.NoError(t, err)

	busy := newTenant(1)
	busy.api = k.server.api(t)
	stop, stopped := make(chan struct{}), make(chan error)
	go func() { stopped <- busy.until(stop) }()
	k.file = filepath.Join(t.TempDir(), "state.backup")
	said := k.run(t, "api", "backup", "-o", k.file)
	require.Contains(t, said, "wrote the state at epoch ")
	close(stop)
	require.NoError(t, <-stopped)
	info, err := os.Stat(k.file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	_, err = k.try("api", "backup", "-o", k.file)
	require.Error(t, err, "nothing is overwritten")

	k.rotated, _, err = k.api.rotate(k.relay, both)
	require.NoError(t, err)
	for _, path := range []string{"/moq/relays/" + k.deletedRelay, "/stream/keys/" + k.deletedKey.ID} {
		_, err = k.api.change(http.MethodDelete, path, nil, nil)
		require.NoError(t, err)
	}
	later, err := k.api.createRelay("later")
	require.NoError(t, err)
	k.laterRelay = later.UID
	return k
}

// until makes changes until stop is closed.
func (c *tenant) until(stop <-chan struct{}) error {
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		n := c.next()
		id, err := n.make()
		if err != nil {
			return err
		}
		n.did(id)
	}
}

// elsewhere restores the backup on another machine, which is given the master key, and serves there.
func (k *kept) elsewhere(t *testing.T, flags ...string) *client {
	t.Helper()
	there := newPlace(t)
	require.NoError(t, os.Mkdir(there.state(), 0o700))
	const key = "api-master-key"
	_, err := there.try("api", "restore", k.file)
	require.Error(t, err, "without the master key")
	data, err := os.ReadFile(filepath.Join(k.state(), key))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(there.state(), key), data, 0o600))
	require.Contains(t, there.run(t, append([]string{"api", "restore", k.file}, flags...)...), "restored ")
	return there.serve(t).api(t)
}

// credentials asks for TURN credentials with the key, and gives the status.
func (k *kept) credentials(t *testing.T, c *client) int {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, c.url+"/v1/turn/keys/"+k.turn.UID+"/credentials/generate-ice-servers", nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+k.turn.Key)
	res, err := c.http.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	return res.StatusCode
}

// objects wants the relays of the backup to be there, and the account's own key: it is not revoked by a restore.
func (k *kept) objects(t *testing.T, c *client) {
	t.Helper()
	uids := c.list(t, "/moq/relays", "uid")
	require.Contains(t, uids, k.relay)
	require.Contains(t, uids, k.deletedRelay)
	require.NotContains(t, uids, k.laterRelay)
	require.Contains(t, c.list(t, "/moq/relays", "name"), "stage")
	keys, _, err := c.keys()
	require.NoError(t, err)
	require.Contains(t, keys, k.ownKey)
}

// TestRestoreElsewhere: where nothing tells what was revoked after the backup, everything is, unless it is vouched for.
func TestRestoreElsewhere(t *testing.T) {
	k := newKept(t)
	require.Equal(t, http.StatusCreated, k.credentials(t, k.api))
	t.Run("revoked", func(t *testing.T) {
		c := k.elsewhere(t)
		k.objects(t, c)
		c.mustAccept(t, k.relay)
		c.mustAccept(t, k.deletedRelay)
		keys, _, err := c.keys()
		require.NoError(t, err)
		require.NotContains(t, keys, k.key.ID)
		require.Equal(t, http.StatusUnauthorized, k.credentials(t, c))
		a, err := c.call(http.MethodGet, "/-/revocations", nil)
		require.NoError(t, err)
		require.Contains(t, string(a.body), k.key.ID)
		require.Contains(t, string(a.body), k.deletedKey.ID)
		next, _, err := c.rotate(k.relay, both)
		require.NoError(t, err)
		c.mustAccept(t, k.relay, next)
	})
	t.Run("kept", func(t *testing.T) {
		c := k.elsewhere(t, "--keep-credentials")
		k.objects(t, c)
		c.mustAccept(t, k.relay, k.both, k.one, k.another)
		keys, _, err := c.keys()
		require.NoError(t, err)
		require.Contains(t, keys, k.key.ID)
		require.Contains(t, keys, k.deletedKey.ID)
		require.Equal(t, http.StatusCreated, k.credentials(t, c))
		next, _, err := c.rotate(k.relay, both)
		require.NoError(t, err)
		c.mustAccept(t, k.relay, next, k.one, k.another)
	})
}

// TestRestoreInPlace: where the state that is replaced tells what was revoked after the backup, that stays revoked and the rest
// is accepted; and a server that is running goes on with it.
func TestRestoreInPlace(t *testing.T) {
	k := newKept(t)
	said := k.run(t, "api", "restore", k.file)
	require.Contains(t, said, "the state before is kept as ")
	check := func(c *client) {
		t.Helper()
		k.objects(t, c)
		c.mustAccept(t, k.relay, k.one, k.another)
		c.mustAccept(t, k.deletedRelay)
		keys, _, err := c.keys()
		require.NoError(t, err)
		require.Contains(t, keys, k.key.ID)
		require.NotContains(t, keys, k.deletedKey.ID)
		require.Equal(t, http.StatusCreated, k.credentials(t, c))
	}
	eventually(t, "the running server serves what was restored", func() bool {
		_, status, err := k.api.accepted(k.laterRelay)
		require.NoError(t, err)
		return status == http.StatusNotFound
	})
	k.api.patient = true
	check(k.api)
	k.server.stop(t)

	c := k.serve(t).api(t)
	check(c)
	next, _, err := c.rotate(k.relay, both)
	require.NoError(t, err)
	c.mustAccept(t, k.relay, next, k.one, k.another)
}
