//go:build unix

package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSQLitePragmas: every connection of both pools has what durability needs.
func TestSQLitePragmas(t *testing.T) {
	s := fresh(t, sqliteEngine)
	for _, db := range []*sql.DB{s.w, s.r} {
		var conns []*sql.Conn
		for range db.Stats().MaxOpenConnections {
			c, err := db.Conn(t.Context())
			require.NoError(t, err)
			conns = append(conns, c)
		}
		for _, c := range conns {
			for name, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "20000", "secure_delete": "1", "trusted_schema": "0"} {
				var got string
				require.NoError(t, c.QueryRowContext(t.Context(), "PRAGMA "+name).Scan(&got))
				require.Equal(t, want, got, name)
			}
			require.NoError(t, c.Close())
		}
	}
	require.Equal(t, 1, s.w.Stats().MaxOpenConnections)
	_, err := s.r.ExecContext(t.Context(), `UPDATE meta SET epoch = 99`)
	require.Error(t, err, "the readers write nothing")
}

// TestSQLiteAsserts: a connection that is not as it should be is refused.
func TestSQLiteAsserts(t *testing.T) {
	s := fresh(t, sqliteEngine)
	conn, err := s.w.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	for _, p := range sqlitePragmas(20*time.Second, false) {
		if p.name == "journal_mode" {
			continue
		}
		err := conn.Raw(func(c any) error {
			return checkSQLite(t.Context(), c.(driver.Conn), []pragma{{p.name, p.value + "9"}})
		})
		require.ErrorContains(t, err, p.name)
	}
	for version, want := range map[string]int{"3.51.3": minSQLite, "3.51.2": minSQLite - 1, "3.7.17": 3_007_017, "": 0, "x": 0, "4.0.0": 4_000_000} {
		require.Equal(t, want, sqliteVersion(version), version)
	}
}

// TestSQLiteModes: the files are of the owner alone, whatever the umask; and what others can reach is refused.
func TestSQLiteModes(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	dir := filepath.Join(t.TempDir(), "a", "b")
	path := filepath.Join(dir, "store.db")
	s := reopen(t, "sqlite:"+path)
	populate(t, s)
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.EqualValues(t, 0o700, info.Mode().Perm())
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		require.NoError(t, err)
		require.EqualValues(t, 0o600, info.Mode().Perm(), suffix)
	}
	refused := func(want string) {
		t.Helper()
		_, err := Open(t.Context(), config("sqlite:"+path))
		require.ErrorContains(t, err, want)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		for _, mode := range []os.FileMode{0o640, 0o604, 0o620} {
			require.NoError(t, os.Chmod(path+suffix, mode))
			refused("chmod 600")
		}
		require.NoError(t, os.Chmod(path+suffix, 0o600))
	}
	require.NoError(t, os.Chmod(dir, 0o770))
	refused("chmod go-w")
	require.NoError(t, os.Chmod(dir, 0o755))
	reopen(t, "sqlite:"+path)
	link := filepath.Join(dir, "link.db")
	require.NoError(t, os.Symlink(path, link))
	_, err = Open(t.Context(), config("sqlite:"+link))
	require.ErrorContains(t, err, "regular file")
}

// TestSQLitePath: the path is a path, whatever is in it.
func TestSQLitePath(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a b.db", "a?mode=memory", "a#b", "a%41b", "file:x", "ä", "a&b=c"} {
		path := filepath.Join(dir, name)
		s := reopen(t, "sqlite:"+path)
		_, err := s.CreateStreamKey(t.Context(), alice, streamKey("k", at(1)))
		require.NoError(t, err)
		_, err = os.Stat(path + "-wal")
		require.NoError(t, err, name)
		_, err = Backup(t.Context(), config("sqlite:"+path), path+" backup")
		require.NoError(t, err, name)
		_, err = Restore(t.Context(), config("sqlite:"+path), RestoreConfig{From: path + " backup"})
		require.NoError(t, err, name)
	}
	for _, url := range []string{"sqlite:", "sqlite::memory:", "", "mysql://x", "store.db", "sqlite:" + dir, "SQLITE:x"} {
		_, err := Open(t.Context(), config(url))
		require.Error(t, err, url)
	}
	cfg := config("sqlite:" + filepath.Join(dir, "x"))
	cfg.Timeout = -1
	_, err := Open(t.Context(), cfg)
	require.ErrorContains(t, err, "Timeout")
}

// TestSQLiteForeign: a file that is no database, or another program's, is left alone.
func TestSQLiteForeign(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	require.NoError(t, os.WriteFile(text, []byte(strings.Repeat("not a database\n", 100)), 0o600))
	_, err := Open(t.Context(), config("sqlite:"+text))
	require.ErrorContains(t, err, "not a database")
	b, err := os.ReadFile(text)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(b), "not a database"))

	other := filepath.Join(dir, "other")
	require.NoError(t, os.WriteFile(other, nil, 0o600))
	db, err := openCopy(other)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `CREATE TABLE theirs (x)`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	_, err = Open(t.Context(), config("sqlite:"+other))
	require.ErrorIs(t, err, errForeign)
}

// TestSQLiteCorrupt: a damaged page is an error, not an answer.
func TestSQLiteCorrupt(t *testing.T) {
	url := sqliteEngine.database(t)
	path := strings.TrimPrefix(url, "sqlite:")
	s, err := openStore(t.Context(), config(url))
	require.NoError(t, err)
	for i := range 50 {
		_, err := s.CreateStreamKey(t.Context(), alice, streamKey(fmt.Sprint("k", i), at(i)))
		require.NoError(t, err)
	}
	var root int
	require.NoError(t, s.r.QueryRowContext(t.Context(), `SELECT rootpage FROM sqlite_schema WHERE name = 'stream_keys'`).Scan(&root))
	require.NoError(t, s.Close())
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	_, err = f.WriteAt(make([]byte, 4096), int64(root-1)*4096)
	require.NoError(t, err)
	require.NoError(t, f.Close())

	s = reopen(t, url)
	_, err = s.snapshot(t.Context())
	require.ErrorContains(t, err, "malformed")
	_, err = s.StreamKeys(t.Context(), "alice")
	require.ErrorContains(t, err, "malformed")
	_, err = s.DeleteStreamKey(t.Context(), alice, "k1")
	require.ErrorContains(t, err, "malformed")
	_, err = Backup(t.Context(), config(url), path+".backup")
	require.Error(t, err)
	require.NoFileExists(t, path+".backup")
}

// TestSQLiteFull: where there is no room, a change is refused whole, what was acknowledged stays, and with room it goes on.
func TestSQLiteFull(t *testing.T) {
	s := fresh(t, sqliteEngine)
	populate(t, s)
	var pages int
	require.NoError(t, s.w.QueryRowContext(t.Context(), `PRAGMA page_count`).Scan(&pages))
	limit := func(n int) {
		t.Helper()
		var got int
		require.NoError(t, s.w.QueryRowContext(t.Context(), fmt.Sprintf(`PRAGMA max_page_count = %d`, n)).Scan(&got))
		require.Equal(t, n, got)
	}
	limit(pages + 2)
	made := 0
	var err error
	for made < 1000 {
		k := streamKey(fmt.Sprint("big", made), at(1))
		k.Public = make([]byte, 5000)
		if _, err = s.CreateStreamKey(t.Context(), alice, k); err != nil {
			break
		}
		made++
	}
	require.ErrorContains(t, err, "full")
	require.NotErrorIs(t, err, ErrUnknown)
	keys, err := s.StreamKeys(t.Context(), "alice")
	require.NoError(t, err)
	require.Len(t, keys, 2+made)
	sound(t, s, nil)
	limit(pages + 1000)
	_, err = s.CreateStreamKey(t.Context(), alice, streamKey(fmt.Sprint("big", made), at(1)))
	require.NoError(t, err)
	sound(t, s, nil)
}

// TestSQLiteTwoProcesses stands for two: what one handle commits the other sees, and a lock that another holds for good is
// an error in bounded time.
func TestSQLiteTwoProcesses(t *testing.T) {
	s := fresh(t, sqliteEngine)
	cfg := config(urlOf(t, s))
	cfg.Timeout = 200 * time.Millisecond
	other, err := openStore(t.Context(), cfg)
	require.NoError(t, err)
	defer other.Close()
	for i := range 5 {
		h := []*sqlStore{s, other}[i%2]
		epoch, err := h.CreateStreamKey(t.Context(), alice, streamKey(fmt.Sprint(i), at(1)))
		require.NoError(t, err)
		require.EqualValues(t, i+1, epoch)
		require.EqualValues(t, i+1, epochOf(t, other))
	}
	tx, err := s.w.BeginTx(context.Background(), nil)
	require.NoError(t, err)
	_, err = other.CreateStreamKey(t.Context(), alice, streamKey("x", at(1)))
	require.Error(t, err)
	_, err = other.StreamKeys(t.Context(), "alice")
	require.NoError(t, err, "readers do not wait for writers")
	require.NoError(t, tx.Rollback())
	require.EqualValues(t, 5, epochOf(t, s))
}
