//go:build integration

package durable

import (
	"database/sql"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/pgtest"
)

// TestKill: rotations, creations and deletions of several clients are under way when the server is killed, 40 times over on
// SQLite (10 times in each of four places, at once) and 10 times on PostgreSQL, and when PostgreSQL itself is. Whatever was
// acknowledged holds afterwards.
func TestKill(t *testing.T) {
	const lease = "1s" // the first deletion after a kill waits for the lease of the dead
	dies := func(s *server) { s.kill() }
	for _, name := range []string{"sqlite 1", "sqlite 2", "sqlite 3", "sqlite 4"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, "--lease", lease)
			killAgainAndAgain(t, p, 10, false, dies, func(*server) *server { return p.serve(t) })
		})
	}
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		database := pgtest.Start(t).Database(t)
		p := newPlace(t, "--lease", lease, "--store", database)
		killAgainAndAgain(t, p, 10, false, dies, func(*server) *server {
			awaitNoSession(t, database)
			return p.serve(t)
		})
	})
	t.Run("the database", func(t *testing.T) {
		t.Parallel()
		cluster := pgtest.Start(t)
		p := newPlace(t, "--lease", lease, "--store", cluster.Database(t))
		killAgainAndAgain(t, p, 5, true, func(*server) { cluster.Kill() }, func(s *server) *server {
			cluster.Launch(t)
			return s // which was not restarted
		})
	})
}

// awaitNoSession waits for the sessions that a killed server has left behind: one that was told to commit does so, however long the disk takes, and
// what is read before that is not yet the outcome.
func awaitNoSession(t testing.TB, database string) {
	t.Helper()
	db, err := sql.Open("pgx", database)
	require.NoError(t, err)
	defer db.Close()
	eventually(t, "no other session is left", func() bool {
		var n int
		require.NoError(t, db.QueryRow(`SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`).Scan(&n))
		return n == 0
	})
}

func killAgainAndAgain(t *testing.T, p place, rounds int, databaseDies bool, kill func(*server), restart func(*server) *server) {
	clients := make([]*tenant, 4)
	for i := range clients {
		clients[i] = newTenant(uint64(i))
		clients[i].databaseDies = databaseDies
	}
	other := newTenant(uint64(len(clients)))
	other.databaseDies = databaseDies
	connect := func(s *server) {
		for _, c := range append(clients, other) {
			c.api = s.api(t)
			c.api.patient = true
		}
	}
	s := p.serve(t)
	connect(s)
	var epoch int64
	unsure, made := 0, 0
	for round := range rounds {
		// In half of the rounds the clients run into the wait for the lease of the dead; in the others that is over.
		if round%2 == 0 {
			clients[0].rotateSurely(t)
		}
		var wg sync.WaitGroup
		errs := make(chan error, len(clients))
		for _, c := range clients {
			wg.Go(func() { errs <- c.work(s.ended) })
		}
		time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond) // any moment will do
		kill(s)
		wg.Wait()
		for range clients {
			require.NoError(t, <-errs)
		}

		s = restart(s)
		connect(s)
		if databaseDies {
			// The server has not been restarted, and a database that is back within the lease finds it answering from the state it had: what
			// it could not load is in no answer yet. An acknowledged rotation is after all that, and no later answer is from before it.
			other.rotateSurely(t)
		}
		now := p.mustBeSound(t)
		require.GreaterOrEqual(t, now, epoch)
		epoch = now
		for _, c := range clients {
			n, m := c.compare(t)
			unsure, made = unsure+n, made+m
		}
	}
	acknowledged := 0
	for _, c := range clients {
		c.rotateSurely(t)
		c.compare(t)
		acknowledged += c.acknowledged
	}
	s.stop(t)
	require.GreaterOrEqual(t, p.mustBeSound(t), int64(acknowledged))
	t.Logf("%d kills: %d changes acknowledged, none lost; %d under way, of which %d are known to have been made", rounds, acknowledged, unsure, made)
}
