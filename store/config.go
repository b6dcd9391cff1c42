package store

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// Config says which database is opened, and how. It is silent when printed: a URL may hold a password.
type Config struct {
	// URL is "sqlite:PATH" or a PostgreSQL one, "postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full". Everything
	// after "sqlite:" is the path, taken as it is; the file and its directory are made when absent.
	URL string
	// MasterKey is 32 random bytes, required. It opens the private keys that are kept. What is needed of it is derived in
	// Open: the caller may overwrite it afterwards.
	MasterKey []byte
	// Timeout bounds each call, from its start until it has committed or given up; zero: 10 s.
	Timeout time.Duration
	// Now is the time of a change, for the audit table and for Modified; nil: time.Now. The clock of the database is not used.
	Now func() time.Time
}

// DefaultTimeout is Config.Timeout where none is given.
const DefaultTimeout = 10 * time.Second

func (c Config) withDefaults() Config {
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// String says nothing but the type. The methods below are those of the value, so that a copy is as silent as a pointer.
func (c Config) String() string { return "store.Config" }

// Format is String for every verb.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue is String, for log/slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON gives {}.
func (c Config) MarshalJSON() ([]byte, error) { return []byte("{}"), nil }

// String gives the id and the algorithm only, never the private half.
func (k OwnKey) String() string { return "store.OwnKey(" + k.ID + " " + k.Alg + ")" }

// Format is String for every verb: %d, %x or %#v would otherwise print the fields.
func (k OwnKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue is the id and the algorithm, for log/slog.
func (k OwnKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalJSON gives {"ID":"...","Alg":"..."} only.
func (k OwnKey) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct{ ID, Alg string }{k.ID, k.Alg})
}
