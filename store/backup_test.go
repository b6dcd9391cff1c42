package store

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func pathOf(t *testing.T, s *sqlStore) string {
	t.Helper()
	return strings.TrimPrefix(urlOf(t, s), "sqlite:")
}

// populate makes one of everything, and gives the own key.
func populate(t *testing.T, s *sqlStore) OwnKey {
	t.Helper()
	ctx := t.Context()
	for _, id := range []string{"key1", "key2"} {
		_, err := s.CreateStreamKey(ctx, alice, streamKey(id, at(1)))
		require.NoError(t, err)
		_, err = s.CreateTURNKey(ctx, alice, turnKeyOf(id, at(1)))
		require.NoError(t, err)
		_, err = s.CreateRelay(ctx, alice, relayOf("relay of "+id, at(1)), []RelayToken{tokenOf("ps of "+id, PublishSubscribe, at(1)), tokenOf("s of "+id, Subscribe, at(1))})
		require.NoError(t, err)
	}
	k, err := s.OwnKey(ctx, alice, "Ed25519", func() (OwnKey, error) { return ed25519Key("own"), nil })
	require.NoError(t, err)
	return k
}

// accepted gives every credential of a state.
func accepted(t *testing.T, s *sqlStore) (ids []string) {
	t.Helper()
	st, err := s.snapshot(t.Context())
	require.NoError(t, err)
	for _, r := range inOrder(st).relays {
		for _, tok := range r.tokens {
			ids = append(ids, tok.JTI)
		}
	}
	for _, k := range st.streamKeys {
		ids = append(ids, k.id)
	}
	for _, k := range st.turnKeys {
		ids = append(ids, "turn "+k.key.UID)
	}
	return ids
}

func deletedKeys(t *testing.T, s *sqlStore) (ids []string) {
	t.Helper()
	st, err := s.snapshot(t.Context())
	require.NoError(t, err)
	for _, d := range st.deleted {
		ids = append(ids, d.key.ID)
	}
	return ids
}

// TestBackup: a copy that is whole, private, marked, made beside a server at work, and never over another file.
func TestBackup(t *testing.T) {
	s := fresh(t, sqliteEngine)
	populate(t, s)
	require.NoError(t, s.register(t.Context(), "n", 1))
	file := filepath.Join(t.TempDir(), "backup")
	epoch, err := Backup(t.Context(), config(urlOf(t, s)), file)
	require.NoError(t, err)
	require.Equal(t, epochOf(t, s), epoch)
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())
	left, err := filepath.Glob(file + "?*")
	require.NoError(t, err)
	require.Empty(t, left)

	_, err = Backup(t.Context(), config(urlOf(t, s)), file)
	require.ErrorIs(t, err, os.ErrExist)
	again, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, info.ModTime(), again.ModTime())

	_, err = Open(t.Context(), config("sqlite:"+file))
	require.ErrorIs(t, err, ErrCopy)
	_, err = Backup(t.Context(), config("sqlite:"+file), file+"2")
	require.ErrorIs(t, err, ErrCopy)

	wrong := config(urlOf(t, s))
	wrong.MasterKey = bytes.Repeat([]byte{1}, 32)
	_, err = Backup(t.Context(), wrong, file+"2")
	require.ErrorIs(t, err, ErrMasterKey)
	none := config("sqlite:" + filepath.Join(t.TempDir(), "none"))
	_, err = Backup(t.Context(), none, file+"2")
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoFileExists(t, strings.TrimPrefix(none.URL, "sqlite:"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Backup(ctx, config(urlOf(t, s)), file+"2")
	require.Error(t, err)
	require.NoFileExists(t, file+"2")
}

// TestBackupWhileWriting: a backup is one moment of a database that is being changed.
func TestBackupWhileWriting(t *testing.T) {
	s := fresh(t, sqliteEngine)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w := &world{s: s, rand: rand.New(rand.NewPCG(9, 9)), name: "w"}
		for ctx.Err() == nil {
			w.step(ctx, alice)
		}
	}()
	dir := t.TempDir()
	for i := range 5 {
		file := filepath.Join(dir, fmt.Sprint(i))
		epoch, err := Backup(t.Context(), config(urlOf(t, s)), file)
		require.NoError(t, err)
		url := "sqlite:" + filepath.Join(dir, fmt.Sprint("restored", i))
		r, err := Restore(t.Context(), config(url), RestoreConfig{From: file, KeepCredentials: true})
		require.NoError(t, err)
		require.EqualValues(t, epoch+epochStep, r.Epoch)
		restored := reopen(t, url)
		_, err = restored.write(t.Context(), `DELETE FROM audit WHERE action = 'restore'`)
		require.NoError(t, err)
		_, err = restored.write(t.Context(), `UPDATE meta SET epoch = $1`, epoch)
		require.NoError(t, err)
		sound(t, restored, nil)
	}
	stop()
	<-done
}

// TestRestoreNew: without the database there is nobody to tell what was revoked since: everything is.
func TestRestoreNew(t *testing.T) {
	s := fresh(t, sqliteEngine)
	own := populate(t, s)
	file := filepath.Join(t.TempDir(), "backup")
	_, err := Backup(t.Context(), config(urlOf(t, s)), file)
	require.NoError(t, err)

	for _, keep := range []bool{false, true} {
		url := sqliteEngine.database(t)
		r, err := Restore(t.Context(), config(url), RestoreConfig{From: file, KeepCredentials: keep, Actor: "me"})
		require.NoError(t, err)
		want := Restored{Epoch: 7 + epochStep, Relays: 2, Kept: 8}
		if !keep {
			want.Kept, want.Revoked = 0, 8
		}
		require.Equal(t, want, r)
		left, err := filepath.Glob(strings.TrimPrefix(url, "sqlite:") + "?*")
		require.NoError(t, err)
		require.Empty(t, left)

		n := reopen(t, url)
		require.Equal(t, r.Epoch, epochOf(t, n))
		require.Len(t, accepted(t, n), want.Kept)
		if !keep {
			require.ElementsMatch(t, []string{"key1", "key2"}, deletedKeys(t, n), "what they signed is revoked")
		}
		relay, err := n.Relay(t.Context(), "alice", "relay of key1")
		require.NoError(t, err)
		require.Equal(t, relayOf("relay of key1", at(1)), relay)
		k, err := n.OwnKey(t.Context(), alice, "Ed25519", nil)
		require.NoError(t, err)
		require.Equal(t, own.Private, k.Private, "sealed anew under the new database's salt")
		entries, err := n.Audit(t.Context(), "", 6, 10)
		require.NoError(t, err)
		require.Len(t, entries, 2)
		require.Equal(t, AuditEntry{Epoch: r.Epoch, At: at(1000), Actor: "me", Action: "restore", Kind: "all"}, entries[1])

		_, err = n.CreateStreamKey(t.Context(), alice, streamKey("key1", at(1)))
		require.ErrorIs(t, err, ErrExists)
		epoch, err := n.RotateRelayToken(t.Context(), alice, "relay of key1", tokenOf("new", Subscribe, at(2)))
		require.NoError(t, err)
		require.Equal(t, r.Epoch+1, epoch)
	}
}

// TestRestoreOver: objects go back to the backup; what was revoked after it stays revoked; what was made after it is gone,
// and its id is not used again.
func TestRestoreOver(t *testing.T) {
	s, ctx := fresh(t, sqliteEngine), t.Context()
	own := populate(t, s)
	require.NoError(t, s.register(ctx, "node", 1))
	n, err := s.Join(ctx, NodeConfig{})
	require.NoError(t, err)
	defer n.Close()
	file := filepath.Join(t.TempDir(), "backup")
	backup, err := Backup(ctx, config(urlOf(t, s)), file)
	require.NoError(t, err)

	for _, change := range []func() error{
		func() error {
			_, err := s.RotateRelayToken(ctx, alice, "relay of key1", tokenOf("later", Subscribe, at(2)))
			return err
		},
		func() error { _, err := s.DeleteRelay(ctx, alice, "relay of key2"); return err },
		func() error { _, err := s.DeleteStreamKey(ctx, alice, "key1"); return err },
		func() error { _, err := s.CreateStreamKey(ctx, alice, streamKey("key3", at(3))); return err },
		func() error { _, _, err := s.DeleteTURNKey(ctx, alice, "key2"); return err },
	} {
		require.NoError(t, change())
	}
	had := epochOf(t, s)
	require.Equal(t, backup+5, had)

	// The store is open all the while: it goes on with the new state.
	r, err := Restore(ctx, config(urlOf(t, s)), RestoreConfig{From: file, Actor: "me"})
	require.NoError(t, err)
	require.Equal(t, Restored{Epoch: had + epochStep, Relays: 2, Kept: 3, Revoked: 5, Replaced: fmt.Sprintf("%s.before-%d", pathOf(t, s), had)}, r)
	require.Equal(t, []string{"ps of key1", "key2", "turn key1"}, accepted(t, s))
	require.ElementsMatch(t, []string{"key1", "key3"}, deletedKeys(t, s))
	await(t, n, r.Epoch)
	require.True(t, accepts(t, n, "relay of key1", "ps of key1"))
	require.False(t, accepts(t, n, "relay of key1", "later"))
	relays, total, err := s.Relays(ctx, "alice", RelayQuery{})
	require.NoError(t, err)
	require.Len(t, relays, 2)
	require.Equal(t, 2, total)
	for _, id := range []string{"key1", "key3"} {
		_, err = s.CreateStreamKey(ctx, alice, streamKey(id, at(1)))
		require.ErrorIs(t, err, ErrExists)
	}
	_, err = s.RotateRelayToken(ctx, alice, "relay of key2", tokenOf("later", Subscribe, at(2)))
	require.ErrorIs(t, err, ErrExists)
	k, err := s.OwnKey(ctx, alice, "Ed25519", nil)
	require.NoError(t, err)
	require.Equal(t, own.Private, k.Private)
	nodes, err := s.nodes(ctx)
	require.NoError(t, err)
	require.Len(t, nodes, 2, "one that has not read the new state yet answers from the old one: changes have to wait for it")
	entries, err := s.Audit(ctx, "", 0, 100)
	require.NoError(t, err)
	require.Len(t, entries, int(had)+1, "the history of what was replaced is kept")

	// And what was replaced is a backup itself: back to it.
	r2, err := Restore(ctx, config(urlOf(t, s)), RestoreConfig{From: r.Replaced, KeepCredentials: true})
	require.NoError(t, err)
	require.Equal(t, r.Epoch+epochStep, r2.Epoch)
	require.ElementsMatch(t, []string{"ps of key1", "later", "key2", "key3", "turn key1"}, accepted(t, s))
	_, err = s.write(ctx, `DELETE FROM audit WHERE action = 'restore'`)
	require.NoError(t, err)
	_, err = s.write(ctx, `UPDATE meta SET epoch = $1`, had)
	require.NoError(t, err)
	sound(t, s, nil)
}

// TestRestoreRefused: what is no sound backup, or sealed with another key, changes nothing.
func TestRestoreRefused(t *testing.T) {
	s, ctx := fresh(t, sqliteEngine), t.Context()
	populate(t, s)
	dir := t.TempDir()
	file := filepath.Join(dir, "backup")
	_, err := Backup(ctx, config(urlOf(t, s)), file)
	require.NoError(t, err)
	good, err := os.ReadFile(file)
	require.NoError(t, err)

	put := func(name string, b []byte) string {
		p := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(p, b, 0o600))
		return p
	}
	zeroed := bytes.Clone(good)
	clear(zeroed[len(zeroed)/2 : len(zeroed)/2+4096])
	plain := filepath.Join(dir, "plain")
	other, err := openStore(ctx, config("sqlite:"+plain))
	require.NoError(t, err)
	require.NoError(t, other.Close())
	wrong := config(urlOf(t, s))
	wrong.MasterKey = bytes.Repeat([]byte{1}, 32)
	foreign := config("sqlite:" + filepath.Join(dir, "foreign"))
	foreign.MasterKey = wrong.MasterKey

	before, err := s.snapshot(ctx)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		cfg  Config
		from string
		want string
	}{
		"none":                {config(urlOf(t, s)), filepath.Join(dir, "none"), "no such file"},
		"not a database":      {config(urlOf(t, s)), put("text", []byte("hello")), "not a database"},
		"empty":               {config(urlOf(t, s)), put("empty", nil), "not a backup"},
		"cut":                 {config(urlOf(t, s)), put("cut", good[:len(good)/2]), "malformed"},
		"a page zeroed":       {config(urlOf(t, s)), put("zeroed", zeroed), "damaged"},
		"a database as it is": {config(urlOf(t, s)), plain, "not a backup"},
		"another master key":  {wrong, file, ErrMasterKey.Error()},
		"sealed with another": {foreign, file, ErrMasterKey.Error()},
		"PostgreSQL":          {config("postgres://h/d"), file, "pg_restore"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Restore(ctx, c.cfg, RestoreConfig{From: c.from})
			require.ErrorContains(t, err, c.want)
		})
	}
	after, err := s.snapshot(ctx)
	require.NoError(t, err)
	require.Equal(t, inOrder(before), inOrder(after))
	left, err := filepath.Glob(pathOf(t, s) + ".*")
	require.NoError(t, err)
	require.Empty(t, left, "nothing lies about")
}

// testAdopt: a database that came from elsewhere is taken into use with its credentials revoked, or vouched for.
func testAdopt(t *testing.T, e engine) {
	for _, keep := range []bool{true, false} {
		s := fresh(t, e)
		populate(t, s)
		_, err := s.write(t.Context(), `UPDATE meta SET home = 'elsewhere'`)
		require.NoError(t, err)
		require.NoError(t, s.register(t.Context(), "n", 1))
		r, err := Adopt(t.Context(), config(urlOf(t, s)), keep, "me")
		require.NoError(t, err)
		again := reopen(t, urlOf(t, s))
		require.Equal(t, r.Epoch, epochOf(t, again))
		if keep {
			require.Equal(t, Restored{Epoch: 7 + epochStep, Relays: 2, Kept: 8}, r)
			require.Len(t, accepted(t, again), 8)
		} else {
			require.Equal(t, Restored{Epoch: 7 + epochStep, Relays: 2, Revoked: 8}, r)
			require.Empty(t, accepted(t, again))
			require.Len(t, deletedKeys(t, again), 2)
		}
		nodes, err := again.nodes(t.Context())
		require.NoError(t, err)
		require.Empty(t, nodes)
		entries, err := again.Audit(t.Context(), "", 7, 10)
		require.NoError(t, err)
		require.Equal(t, []AuditEntry{{Epoch: r.Epoch, At: at(1000), Actor: "me", Action: "restore", Kind: "all"}}, entries)
	}
}

// TestWorkFilesOfOthers: what has the name of a file that backup or restore works with is not ours to remove. It may be that of
// a restore at work, which would then read an empty file in place of the one it has checked.
func TestWorkFilesOfOthers(t *testing.T) {
	s := fresh(t, sqliteEngine)
	populate(t, s)
	file := filepath.Join(t.TempDir(), "backup")
	require.NoError(t, os.WriteFile(file+".part", []byte("mine"), 0o600))
	_, err := Backup(t.Context(), config(urlOf(t, s)), file)
	require.ErrorContains(t, err, ".part is in the way")
	require.NotErrorIs(t, err, os.ErrExist, "that is said of the file asked for")
	require.NoFileExists(t, file)
	require.FileExists(t, file+".part")
	require.NoError(t, os.Remove(file+".part"))
	_, err = Backup(t.Context(), config(urlOf(t, s)), file)
	require.NoError(t, err)

	staged := pathOf(t, s) + ".restore"
	require.NoError(t, os.WriteFile(staged, []byte("mine"), 0o600))
	_, err = Restore(t.Context(), config(urlOf(t, s)), RestoreConfig{From: file})
	require.ErrorContains(t, err, ".restore is in the way")
	require.FileExists(t, staged)
	require.NoError(t, os.Remove(staged))
	_, err = Restore(t.Context(), config(urlOf(t, s)), RestoreConfig{From: file})
	require.NoError(t, err)
	require.NoFileExists(t, staged)
}
