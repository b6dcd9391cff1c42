package api

import (
	"net/url"
	"strconv"
	"time"
)

// query is the query of a request. Parameters that nobody asks for are passed over.
type query url.Values

// maxQueryBytes is far beyond the longest query that makes sense.
const maxQueryBytes = 4 << 10

func (c *call) query() (query, *fault) {
	raw := c.request.URL.RawQuery
	if len(raw) > maxQueryBytes {
		return nil, badRequest("", "The query is longer than 4096 bytes")
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, badRequest("", "The query is malformed")
	}
	return query(values), nil
}

func (q query) one(name string) (value string, given bool, f *fault) {
	switch values := q[name]; len(values) {
	case 0:
		return "", false, nil
	case 1:
		return values[0], true, nil
	}
	return "", true, badRequest("", name+": must be given once")
}

func (q query) boolean(name string) (bool, *fault) {
	s, given, f := q.one(name)
	switch {
	case f != nil:
		return false, f
	case !given || s == "false":
		return false, nil
	case s == "true":
		return true, nil
	}
	return false, badRequest("", name+": must be true or false")
}

func (q query) moment(name string) (time.Time, *fault) {
	s, given, f := q.one(name)
	if f != nil || !given {
		return time.Time{}, f
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, badRequest("", name+": must be a time as RFC 3339 writes it")
	}
	return t.UTC(), nil
}

// count reads a positive number; beyond most it is most.
func (q query) count(name string, most int) (int, *fault) {
	s, given, f := q.one(name)
	if f != nil || !given {
		return most, f
	}
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil || n == 0 {
		return 0, badRequest("", name+": must be a number from 1")
	}
	return int(min(n, uint64(most))), nil
}
