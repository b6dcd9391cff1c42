package api

import (
	"net/http"
	"slices"
	"strings"

	streamtoken "github.com/streamtoken/streamtoken"
)

// access says what a route asks of a request before its handler sees it.
type access uint8

const (
	public   access = iota // nothing: what is there is no secret
	account                // a credential for the account in the path
	follower               // a credential; what it may see is its account's
	turnKey                // the handler checks: the credential is the TURN key itself
)

// route is one path and method. In its pattern a segment in braces stands for any one segment.
type route struct {
	method  string
	pattern string
	access  access
	anyBase bool // under /client/v4 too, not at the root alone
	changes bool // something, so that a line about it is worth more
	serve   func(*handler, *call) (answer, error)

	segments []string
}

// maxSegments is more than any route has.
const maxSegments = 10

// base is the path under which Cloudflare serves its API.
const base = "/client/v4"

// match is a route with what its braces stand for.
type match struct {
	route  *route
	params [4]param
}

type param struct{ name, value string }

func (m *match) param(name string) string {
	for _, p := range m.params {
		if p.name == name {
			return p.value
		}
	}
	return ""
}

// find gives the route of a request. Paths are compared as they are: nothing is cleaned, and an escape is no route, as no
// id needs one. A second reading of a path is where what was checked and what is served part ways.
func find(routes []route, r *http.Request) (match, *fault) {
	var m match
	if r.URL.RawPath != "" || !strings.HasPrefix(r.URL.Path, "/") {
		return m, noRoute()
	}
	path, based := r.URL.Path, false
	if rest, ok := strings.CutPrefix(path, base+"/"); ok {
		path, based = "/"+rest, true
	}
	var room [maxSegments]string
	segments := split(path[1:], room[:0])
	if segments == nil {
		return m, noRoute()
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	var allow []string
	for i := range routes {
		if based && !routes[i].anyBase || !routes[i].match(segments, &m) {
			continue
		}
		if routes[i].method == method {
			m.route = &routes[i]
			return m, nil
		}
		allow = append(allow, routes[i].method)
	}
	if allow == nil {
		return match{}, noRoute()
	}
	if slices.Contains(allow, http.MethodGet) {
		allow = append(allow, http.MethodHead)
	}
	slices.Sort(allow)
	return match{}, wrongMethod(strings.Join(slices.Compact(allow), ", "))
}

// split gives the segments of path, nil if they are more than any route has.
func split(path string, room []string) []string {
	for {
		segment, rest, more := strings.Cut(path, "/")
		if len(room) == maxSegments {
			return nil
		}
		if room = append(room, segment); !more {
			return room
		}
		path = rest
	}
}

func (rt *route) match(segments []string, m *match) bool {
	if len(segments) != len(rt.segments) {
		return false
	}
	var params [len(m.params)]param
	n := 0
	for i, want := range rt.segments {
		if want[0] != '{' {
			if segments[i] != want {
				return false
			}
			continue
		}
		name := want[1 : len(want)-1]
		if !validParam(name, segments[i]) {
			return false
		}
		params[n] = param{name, segments[i]}
		n++
	}
	m.params = params
	return true
}

// validParam is loose where an id that cannot exist is simply not found.
func validParam(name, value string) bool {
	if name == "account_id" {
		return validAccount(value)
	}
	return streamtoken.ValidKeyID(value)
}
