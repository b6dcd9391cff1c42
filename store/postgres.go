package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	pgConns    = 8
	pgConnLife = 30 * time.Minute // then a connection is made anew, and asked again what it promises
	pgChannel  = "streamtoken"
	// A node that is cut off in the middle of a change holds the epoch's lock no longer than this, and no other can change anything
	// meanwhile. Between two statements of a transaction a node that is well spends far less than a second.
	pgIdleTransaction = 3 * time.Second

	pgLock = 0x7374726d746f6b6e // of the advisory lock of migrations: an arbitrary number
)

var postgresDialect = &dialect{
	schema:    func(ddl string) string { return ddl },
	lock:      `SELECT pg_advisory_xact_lock(` + strconv.FormatInt(pgLock, 10) + `)`,
	tables:    `SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = $1`,
	foreign:   `SELECT 0`,
	unhurried: `SET LOCAL statement_timeout = 0`,
	publish:   ` RETURNING pg_notify('` + pgChannel + `', '')`,
	poll:      250 * time.Millisecond,
	home:      pgHome,
	undone:    pgUndone,
	single:    pgSingle,
}

// pgSingle needs no BEGIN: an error of the commit comes after the row, and Scan gives it, for it reads to the end. A node that is
// cut off between a BEGIN and a COMMIT would keep its row locked, and nobody could drop it meanwhile.
func pgSingle(ctx context.Context, s *sqlStore, dest []any, query string, args ...any) error {
	return wrap(s.w.QueryRowContext(ctx, query, args...).Scan(dest...))
}

// pgHome names the cluster and the database in it: a dump that was restored elsewhere has another home than it says.
func pgHome(ctx context.Context, q querier) (home string, err error) {
	err = q.QueryRowContext(ctx, `SELECT 'postgres ' || system_identifier || ' ' ||
		(SELECT oid FROM pg_database WHERE datname = current_database()) FROM pg_control_system()`).Scan(&home)
	return home, err
}

// pgUndone: the server has answered that it did not commit, or nothing was sent. An answer of the classes 08 and 57 (the
// connection, the server's shutdown) says nothing of a commit that was under way.
func pgUndone(err error) bool {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return !strings.HasPrefix(e.Code, "08") && !strings.HasPrefix(e.Code, "57")
	}
	return errors.Is(err, pgx.ErrTxCommitRollback) || pgconn.SafeToRetry(err)
}

// openPostgres opens the database of cfg.URL.
func openPostgres(ctx context.Context, cfg Config) (*sqlStore, error) {
	conf, err := pgConfig(cfg)
	if err != nil {
		return nil, err
	}
	dial := func(ctx context.Context) (*pgx.Conn, error) {
		conn, err := pgx.ConnectConfig(ctx, conf.Copy())
		if err != nil {
			return nil, err
		}
		if err := checkPostgres(ctx, conn); err != nil {
			_ = conn.Close(ctx)
			return nil, err
		}
		return conn, nil
	}
	db := sql.OpenDB(pgConnector{dial})
	db.SetMaxOpenConns(pgConns)
	db.SetMaxIdleConns(pgConns)
	db.SetConnMaxLifetime(pgConnLife)
	s := &sqlStore{dialect: postgresDialect, w: db, r: db, now: cfg.Now, timeout: cfg.Timeout, dial: dial}
	ctx, cancel := s.bound(ctx)
	defer cancel()
	if err := db.PingContext(ctx); err != nil {
		_ = s.Close()
		return nil, wrap(err)
	}
	return s, nil
}

// pgConfig reads the URL, and sets what every session has whatever the URL, the role and the database say. An error does not
// repeat the URL: it may hold a password.
func pgConfig(cfg Config) (*pgx.ConnConfig, error) {
	conf, err := pgx.ParseConfig(cfg.URL)
	if err == nil && !strings.Contains(cfg.URL, "sslmode=") && os.Getenv("PGSSLMODE") == "" && !pgLocal(conf) {
		// PostgreSQL's own default would go on in clear text with whoever answers.
		var u *url.URL
		if u, err = url.Parse(cfg.URL); err == nil {
			q := u.Query()
			q.Set("sslmode", "verify-full")
			u.RawQuery = q.Encode()
			conf, err = pgx.ParseConfig(u.String())
		}
	}
	if err != nil {
		return nil, errors.New("store: the PostgreSQL URL cannot be read: postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full")
	}
	ms := strconv.FormatInt(max(cfg.Timeout.Milliseconds(), 1), 10) // zero would be without end
	idle := strconv.FormatInt(max(min(cfg.Timeout, pgIdleTransaction).Milliseconds(), 1), 10)
	for name, value := range map[string]string{
		"synchronous_commit":                  "on",
		"statement_timeout":                   ms,
		"lock_timeout":                        ms,
		"idle_in_transaction_session_timeout": idle,
		"default_transaction_isolation":       "read committed",
	} {
		conf.RuntimeParams[name] = value
	}
	if conf.RuntimeParams["application_name"] == "" {
		conf.RuntimeParams["application_name"] = "streamtoken"
	}
	if conf.ConnectTimeout == 0 || conf.ConnectTimeout > cfg.Timeout {
		conf.ConnectTimeout = cfg.Timeout
	}
	dialer := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 2 * time.Second, Count: 3}}
	conf.DialFunc = dialer.DialContext
	return conf, nil
}

// pgLocal reports whether every host is a socket or of this machine.
func pgLocal(conf *pgx.ConnConfig) bool {
	hosts := []string{conf.Host}
	for _, f := range conf.Fallbacks {
		hosts = append(hosts, f.Host)
	}
	for _, h := range hosts {
		ip, err := netip.ParseAddr(h)
		if !(strings.HasPrefix(h, "/") || h == "localhost" || err == nil && ip.IsLoopback()) {
			return false
		}
	}
	return true
}

// checkPostgres refuses a session on which an acknowledged change could be lost, or that does not write.
func checkPostgres(ctx context.Context, conn *pgx.Conn) error {
	var commit, fsync, readOnly, encoding string
	var standby bool
	err := conn.QueryRow(ctx, `SELECT current_setting('synchronous_commit'), current_setting('fsync'),
		current_setting('transaction_read_only'), current_setting('server_encoding'), pg_is_in_recovery()`).
		Scan(&commit, &fsync, &readOnly, &encoding, &standby)
	switch {
	case err != nil:
		return err
	case commit != "on":
		return fmt.Errorf("store: PostgreSQL has synchronous_commit = %s, not on", commit)
	case fsync != "on":
		return fmt.Errorf("store: PostgreSQL has fsync = %s: what it acknowledges can be lost", fsync)
	case standby || readOnly != "off":
		return errors.New("store: this PostgreSQL is a standby or read only: only the primary will do")
	case encoding != "UTF8":
		return fmt.Errorf("store: the PostgreSQL database is encoded in %s, not in UTF8", encoding)
	}
	return nil
}
