package main

// server is one process to measure.
type server struct {
	name   string
	label  string
	kind   string // go, node, haproxy or nginx
	checks bool   // refuses bad tokens; the others are there to compare with
	plain  bool   // knows of no proxy in front of it
	auth0  bool   // demands what only auth0's tokens have
}

// The servers that ratios refer to.
const (
	floorName = "reads"
	oursName  = "streamtoken"
	fullName  = oursName + "-full" // the same, a server that gets many tokens too
)

var servers = []server{
	{name: "bare", label: "net/http, bare", kind: "go"},
	{name: floorName, label: "net/http, reads the token", kind: "go"},
	{name: "fields", label: "net/http, reads the token, sends the fields that streamtoken adds", kind: "go"},
	{name: oursName, label: "streamtoken middleware", kind: "go", checks: true},
	{name: fullName, label: "streamtoken middleware, its memory full", kind: "go", checks: true},
	{name: "streamtoken-plain", label: "streamtoken middleware, viewer is the TCP peer", kind: "go", checks: true, plain: true},
	{name: "golang-jwt", label: "net/http + golang-jwt v5", kind: "go", checks: true},
	{name: "auth0", label: "auth0 go-jwt-middleware v2", kind: "go", checks: true, auth0: true},
	{name: "haproxy", label: "HAProxy, bare", kind: "haproxy"},
	{name: "haproxy-jwt", label: "HAProxy jwt_verify", kind: "haproxy", checks: true},
	{name: "nginx", label: "nginx, bare", kind: "nginx"},
	{name: "nginx-njs", label: "nginx njs WebCrypto", kind: "nginx", checks: true},
	{name: "node-bare", label: "node, bare", kind: "node"},
	{name: "node-fast-jwt", label: "node fast-jwt", kind: "node", checks: true},
	{name: "node-fast-jwt-cache", label: "node fast-jwt, its cache on", kind: "node", checks: true},
	{name: "node-jose", label: "node jose", kind: "node", checks: true},
}

// request is what the load tool sends in a row.
type request string

const (
	same     request = "same"     // one token, with X-Forwarded-For and a country
	plain    request = "plain"    // one token, and nothing of a proxy
	distinct request = "distinct" // as same, with many tokens in turn
)

// row is one line of the table.
type row struct {
	server  server
	request request
}

// name is what --only looks at.
func (r row) name() string { return r.server.name + "/" + string(r.request) }

// rows gives the table's lines: every server with one token, then those that look at it with many. Ours is there twice, since what it remembers of many
// is there when it is asked for one.
func rows() []row {
	var all []row
	for _, s := range servers {
		if !s.plain {
			all = append(all, row{s, same})
		}
		if s.plain || s.name == floorName {
			all = append(all, row{s, plain})
		}
	}
	for _, s := range servers {
		if s.name == floorName || s.checks && !s.plain && s.name != oursName {
			all = append(all, row{s, distinct})
		}
	}
	return all
}
