//go:build integration

package durable

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"os/signal"

	"golang.org/x/sys/unix"
	_ "modernc.org/sqlite"
)

// serveSQLite in the environment makes this program a server on a SQLite database, which the value names with how it is
// synced: something to hold the reading of traces against.
const serveSQLite = "DURABLE_SERVE_SQLITE"

// runSQLite serves until SIGTERM: a POST to /ID writes the id, and is answered when that is committed.
func runSQLite(dsn string) error {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE TABLE IF NOT EXISTS ids (id TEXT NOT NULL)`); err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := db.Exec(`INSERT INTO ids (id) VALUES ($1)`, r.URL.Path[1:]); err != nil {
			http.Error(w, "not written", http.StatusInternalServerError)
		}
	})}
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, func() { _ = srv.Close() })
	fmt.Printf("listening on http://%s\n", ln.Addr())
	if err := srv.Serve(ln); err != http.ErrServerClosed {
		return err
	}
	return nil
}
