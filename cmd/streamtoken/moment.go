package main

import (
	"strconv"
	"strings"
	"time"
)

// parseMoment reads a point in time: a duration from now ("90m", "-1h"), unix seconds, or RFC 3339. It gives whole
// seconds in UTC.
func parseMoment(flag, value string, now time.Time) (time.Time, error) {
	if n, err := strconv.ParseInt(value, 10, 64); err == nil && !strings.HasPrefix(value, "+") {
		return time.Unix(n, 0).UTC(), nil
	}
	if d, err := time.ParseDuration(value); err == nil {
		return now.Add(d).UTC().Truncate(time.Second), nil
	}
	if t, err := time.Parse(time.RFC3339, value); err == nil {
		return t.UTC().Truncate(time.Second), nil
	}
	return time.Time{}, withHint(usagef("--%s: the value is not a time", flag),
		`write a duration from now ("90m"), unix seconds ("1767225600") or RFC 3339 ("2026-01-01T00:00:00Z")`)
}
