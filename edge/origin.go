package edge

import (
	"errors"
	"net/url"
	"strings"
)

// origin is where requests go: scheme, host and the path put before every request's own.
type origin struct {
	scheme, host string
	prefix       string // decoded; "" or "/a/b", no final slash
	rawPrefix    string // as written, escaped
}

func newOrigin(u *url.URL) (origin, error) {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return origin{}, errors.New("edge: the origin must be an http:// or https:// URL")
	case u.Hostname() == "":
		return origin{}, errors.New("edge: the origin URL names no host")
	case u.User != nil:
		return origin{}, errors.New("edge: the origin URL must not carry a user name or password")
	case u.RawQuery != "" || u.ForceQuery:
		return origin{}, errors.New("edge: the origin URL must not have a query")
	case u.Fragment != "":
		return origin{}, errors.New("edge: the origin URL must not have a fragment")
	}
	o := origin{
		scheme:    u.Scheme,
		host:      u.Host,
		prefix:    strings.TrimSuffix(u.Path, "/"),
		rawPrefix: strings.TrimSuffix(u.EscapedPath(), "/"),
	}
	if o.prefix != "" && o.prefix[0] != '/' {
		o.prefix, o.rawPrefix = "/"+o.prefix, "/"+o.rawPrefix // as url.URL.String would write it
	}
	if o.prefix != "" && !plainPath(o.prefix) {
		return origin{}, errors.New("edge: the origin URL's path must not have empty or dot segments")
	}
	if strings.Count(o.prefix, "/") != strings.Count(o.rawPrefix, "/") {
		return origin{}, errors.New("edge: the origin URL's path must not have an encoded slash")
	}
	return o, nil
}

// url is where a request for in goes: the prefix, then in's path in the encoding in which it came. The middleware has
// refused every path that could be read in two ways; false if one arrives here all the same, because joined it could
// leave the prefix.
func (o origin) url(in *url.URL) (*url.URL, bool) {
	// Path and RawPath must be two spellings of one path: an edit of Path alone leaves a RawPath that net/url would
	// drop or, worse, still fit.
	escaped := in.EscapedPath()
	if in.Opaque != "" || !plainPath(in.Path) || strings.Count(escaped, "/") != strings.Count(in.Path, "/") {
		return nil, false
	}
	return &url.URL{
		Scheme:   o.scheme,
		Host:     o.host,
		Path:     o.prefix + in.Path,
		RawPath:  o.rawPrefix + escaped,
		RawQuery: in.RawQuery,
	}, true
}

// plainPath tells whether a decoded path begins with a slash and has no empty segment, save behind a final slash, no
// dot segment and no backslash, which some servers take for a slash.
func plainPath(path string) bool {
	if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "\\\x00") {
		return false
	}
	for rest, more := path[1:], true; more; {
		var segment string
		segment, rest, more = strings.Cut(rest, "/")
		if segment == "." || segment == ".." || segment == "" && more {
			return false
		}
	}
	return true
}
