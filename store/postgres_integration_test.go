//go:build integration && unix

package store

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/pgtest"
)

// TestPostgres is the suite, and then what is PostgreSQL's alone, on one cluster.
func TestPostgres(t *testing.T) {
	c := pgtest.Start(t)
	type own struct {
		name string
		test func(*testing.T, *pgtest.Cluster)
	}
	run := func(list ...own) {
		for _, o := range list {
			t.Run(o.name, func(t *testing.T) { o.test(t, c) })
		}
	}
	// First those that copy, recover or stop the cluster, while there is little in it.
	run(own{"standby", testPostgresStandby}, own{"restart", testPostgresRestart}, own{"no fsync", testPostgresNoFsync})
	runSuite(t, engine{"postgres", c.Database})
	run(
		own{"session", testPostgresSession},
		own{"unknown outcome", testPostgresUnknown},
		own{"stuck", testPostgresStuck},
		own{"renewal", testPostgresRenewal},
		own{"dump", testPostgresDump},
	)
}

// withQuery adds a parameter to a URL.
func withQuery(t *testing.T, rawURL, name, value string) string {
	t.Helper()
	u, err := url.Parse(rawURL)
	require.NoError(t, err)
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String()
}

// testPostgresSession: what the server, the database, the role or the URL say otherwise is overridden or refused.
func testPostgresSession(t *testing.T, c *pgtest.Cluster) {
	db := c.Database(t)
	c.Run(t, "psql", "-qc", `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$; ALTER ROLE streamtoken SET statement_timeout = 0`, db)
	s := reopen(t, withQuery(t, db, "synchronous_commit", "off"))
	for name, want := range map[string]string{"synchronous_commit": "on", "statement_timeout": "20s", "lock_timeout": "20s", "idle_in_transaction_session_timeout": "3s", "transaction_isolation": "read committed"} {
		var got string
		require.NoError(t, s.r.QueryRowContext(t.Context(), "SELECT current_setting($1)", name).Scan(&got))
		require.Equal(t, want, got, name)
	}
	_, err := openStore(t.Context(), config(withQuery(t, db, "default_transaction_read_only", "on")))
	require.ErrorContains(t, err, "only the primary will do")

	latin := c.URL("latin")
	c.Run(t, "psql", "-qc", "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0", db)
	_, err = openStore(t.Context(), config(latin))
	require.ErrorContains(t, err, "LATIN1")

	c.Run(t, "psql", "-qc", "CREATE ROLE plain LOGIN", "-c", "CREATE DATABASE plain OWNER plain", db)
	plain, err := openStore(t.Context(), config(strings.Replace(c.URL("plain"), "streamtoken@", "plain@", 1)))
	require.NoError(t, err, "a role without privileges will do")
	require.NoError(t, plain.Close())
}

// testPostgresNoFsync: a server that does not sync is refused, whatever it acknowledges.
func testPostgresNoFsync(t *testing.T, c *pgtest.Cluster) {
	db := c.Database(t)
	c.Stop()
	c.Launch(t, "fsync=off")
	_, err := openStore(t.Context(), config(db))
	require.ErrorContains(t, err, "fsync = off")
	c.Stop()
	c.Launch(t)
}

// testPostgresStandby: a standby is refused, however current.
func testPostgresStandby(t *testing.T, c *pgtest.Cluster) {
	db := c.Database(t)
	reopen(t, db)
	c.Run(t, "pg_basebackup", "--write-recovery-conf", "--checkpoint=fast", "-D", filepath.Join(c.Dir(), "standby"), "-d", c.URL("postgres"))
	standby := c.Standby(t, filepath.Join(c.Dir(), "standby"))
	_, err := openStore(t.Context(), config(strings.Replace(db, url.QueryEscape(c.Dir()), url.QueryEscape(standby.Dir()), 1)))
	require.ErrorContains(t, err, "standby")
}

// testPostgresRestart: after the server has gone and come back, the store goes on, and so does what listens anew.
func testPostgresRestart(t *testing.T, c *pgtest.Cluster) {
	s := reopen(t, c.Database(t))
	hints, err := s.listen(t.Context())
	require.NoError(t, err)
	for i := range 5 {
		_, err := s.CreateStreamKey(t.Context(), alice, streamKey(fmt.Sprint("before", i), at(1)))
		require.NoError(t, err)
	}
	c.Kill()
	// What served a session lives on for a moment, and what it acknowledges then counts as well.
	acknowledged := 5
	for ; ; acknowledged++ {
		if _, err = s.CreateStreamKey(t.Context(), alice, streamKey(fmt.Sprint("after", acknowledged), at(1))); err != nil {
			break
		}
	}
	for range hints { // closed
	}
	c.Launch(t)
	require.Eventually(t, func() bool {
		_, err = s.StreamKeys(t.Context(), "alice")
		return err == nil
	}, 20*time.Second, 10*time.Millisecond)
	// The last may have been committed by a session that could not say so any more.
	require.Contains(t, []int{acknowledged, acknowledged + 1}, int(epochOf(t, s)), "what was acknowledged is there")
	_, err = s.listen(t.Context())
	require.NoError(t, err)
	sound(t, s, nil)
}

// testPostgresUnknown: a connection that is lost in the commit leaves the caller not knowing, and says so.
func testPostgresUnknown(t *testing.T, c *pgtest.Cluster) {
	s := reopen(t, c.Database(t))
	// A deferred trigger runs in the commit. It ends its own session.
	for _, stmt := range []string{
		`CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); RETURN NULL; END $$`,
		`CREATE CONSTRAINT TRIGGER die AFTER INSERT ON turn_keys DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()`,
		`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$`,
		`CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON stream_keys DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()`,
	} {
		_, err := s.write(t.Context(), stmt)
		require.NoError(t, err)
	}
	_, err := s.CreateTURNKey(t.Context(), alice, turnKeyOf("u", at(1)))
	require.ErrorIs(t, err, ErrUnknown)
	unchanged(t, s, func() {
		_, err = s.CreateStreamKey(t.Context(), alice, streamKey("k", at(1)))
		var pg *pgconn.PgError
		require.ErrorAs(t, err, &pg)
		require.NotErrorIs(t, err, ErrUnknown, "the server has answered")
	})
}

// testPostgresStuck: a session that holds the epoch's lock and says no more stops nobody for longer than the timeout.
func testPostgresStuck(t *testing.T, c *pgtest.Cluster) {
	db := c.Database(t)
	s, impatient := reopen(t, db), reopen(t, db)
	impatient.timeout = pgIdleTransaction / 3 // gives up well before the server ends the silent one
	tx, err := s.w.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), `UPDATE meta SET epoch = epoch + 1`)
	require.NoError(t, err)
	_, err = impatient.CreateStreamKey(t.Context(), alice, streamKey("k", at(1)))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = s.CreateStreamKey(t.Context(), alice, streamKey("k", at(1))) // the server ends the silent one
	require.NoError(t, err)
	require.Error(t, tx.Commit())
	require.EqualValues(t, 1, epochOf(t, s))
}

// testPostgresRenewal: a renewal is one statement, and one whose commit fails is an error though its row has been read.
func testPostgresRenewal(t *testing.T, c *pgtest.Cluster) {
	s := reopen(t, c.Database(t))
	require.NoError(t, s.register(t.Context(), "n", time.Second))
	_, err := s.renew(t.Context(), "n", 0, 0)
	require.NoError(t, err)
	_, err = s.w.ExecContext(t.Context(), `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused at commit'; END $$`)
	require.NoError(t, err)
	_, err = s.w.ExecContext(t.Context(), `CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON nodes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()`)
	require.NoError(t, err)
	before, err := s.nodes(t.Context())
	require.NoError(t, err)
	_, err = s.renew(t.Context(), "n", 0, 0)
	require.ErrorContains(t, err, "refused at commit")
	after, err := s.nodes(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, after)
	_, err = s.renew(t.Context(), "nobody", 0, 0)
	require.ErrorIs(t, err, ErrNotFound)
}

// testPostgresDump: the one-liners of the documentation. What pg_restore has made is refused until it is adopted.
func testPostgresDump(t *testing.T, c *pgtest.Cluster) {
	s := reopen(t, c.Database(t))
	populate(t, s)
	file := filepath.Join(c.Dir(), "dump")
	c.Run(t, "pg_dump", "--format=custom", "--file="+file, urlOf(t, s))
	other := c.Database(t)
	c.Run(t, "pg_restore", "--exit-on-error", "--single-transaction", "--dbname="+other, file)
	_, err := openStore(t.Context(), config(other))
	require.ErrorIs(t, err, ErrCopy)
	r, err := Adopt(t.Context(), config(other), false, "me")
	require.NoError(t, err)
	require.Equal(t, Restored{Epoch: 7 + epochStep, Relays: 2, Revoked: 8}, r)
	restored := reopen(t, other)
	require.Empty(t, accepted(t, restored))
	require.Len(t, accepted(t, s), 8)
	_, err = Backup(t.Context(), config(other), filepath.Join(t.TempDir(), "x"))
	require.ErrorContains(t, err, "pg_dump")
}

// TestPostgresNoServer: nothing waits for a server that is not there, or does not answer; and no error shows the password.
func TestPostgresNoServer(t *testing.T) {
	for _, u := range []string{
		"postgres://user:hunter2@127.0.0.1:1/db?sslmode=disable",
		"postgres://user:hunter2@[::1/db",
		"postgres://user:hunter2%zz@h/db",
		"postgres://user:hunter2@h:port/db",
		"postgres://user:hunter2@h/db?sslmode=maybe",
		"postgres:///db?password=hunter2&host=/nonexistent",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		_, err := openStore(ctx, config(u))
		cancel()
		require.Error(t, err, u)
		require.NotContains(t, err.Error(), "hunter2")
		require.NotContains(t, fmt.Sprintf("%+v %#v %x", config(u), config(u), config(u)), "hunter2")
	}
}
