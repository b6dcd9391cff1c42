package store

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// What is kept at most, in bytes. The control API has limits of its own, which are lower.
const (
	maxIDBytes     = 128
	maxActorBytes  = 256
	maxNameBytes   = 4 << 10
	maxConfigBytes = 64 << 10
	maxKeyBytes    = 16 << 10
)

func invalid(what string) error { return fmt.Errorf("%w: %s", ErrInvalid, what) }

// checkText refuses what one engine keeps and the other does not.
func checkText(what, s string, max int) error {
	switch {
	case len(s) > max:
		return invalid(what + " is too long")
	case !utf8.ValidString(s):
		return invalid(what + " is not UTF-8")
	case strings.IndexByte(s, 0) >= 0:
		return invalid(what + " has a NUL")
	}
	return nil
}

func checkID(what, id string) error {
	if id == "" {
		return invalid(what + " is empty")
	}
	return checkText(what, id, maxIDBytes)
}

func checkTime(what string, t time.Time) error {
	if t.IsZero() || t.Before(minTime) || t.After(maxTime) {
		return invalid(what + " is zero or beyond what is kept")
	}
	return nil
}

func checkKeyBytes(what string, b []byte) error {
	if len(b) == 0 || len(b) > maxKeyBytes {
		return invalid(what + " is empty or too long")
	}
	return nil
}
