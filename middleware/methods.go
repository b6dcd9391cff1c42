package middleware

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// upgrade is the word in Config.Methods that stands for protocol upgrades.
const upgrade = "UPGRADE"

// webRTC is where players negotiate (WHEP) and so must POST, PATCH and DELETE.
const webRTC = "/webRTC/"

// methods are those that may pass to the next handler.
type methods struct {
	named    []string
	upgrades bool
	list     string // for Allow and CORS
	listRTC  string // the same under webRTC/
}

func compileMethods(named []string) (methods, error) {
	var m methods
	for _, name := range named {
		switch {
		case name == upgrade:
			m.upgrades = true
		case name == http.MethodConnect:
			return m, fmt.Errorf("middleware: Methods: CONNECT has no path and cannot pass")
		case !isToken(name) || name != strings.ToUpper(name):
			return m, fmt.Errorf("middleware: Methods: %q is not an upper-case method name", name)
		case !slices.Contains(m.named, name):
			m.named = append(m.named, name)
		}
	}
	join := func(always ...string) string {
		for _, name := range m.named {
			if !slices.Contains(always, name) {
				always = append(always, name)
			}
		}
		return strings.Join(always, ", ")
	}
	m.list = join(http.MethodGet, http.MethodHead)
	m.listRTC = join(http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPatch, http.MethodDelete)
	return m, nil
}

// allow says whether r may pass; rest is its decoded path after the first segment. Methods are compared exactly: "get"
// is no method we know (RFC 9110, 9.1), though an origin may think otherwise.
func (m *methods) allow(r *http.Request, rest string) bool {
	if lines := r.Header["Upgrade"]; len(lines) > 0 && (!m.upgrades || carriesRequests(lines)) {
		// Even without Connection: upgrade. A connection that leaves HTTP/1.1 behind the check is one on which later
		// requests are not checked.
		return false
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return true
	case http.MethodPost, http.MethodPatch, http.MethodDelete:
		if strings.HasPrefix(rest, webRTC) {
			return true
		}
	}
	return slices.Contains(m.named, r.Method)
}

// carriesRequests says whether an Upgrade field names HTTP in another version, TLS to speak it in, or a tunnel: whoever
// got the next handler to agree could ask it for anything, under any name (h2c smuggling).
func carriesRequests(lines []string) bool {
	for _, line := range lines {
		for protocol := range strings.SplitSeq(strings.ToLower(line), ",") {
			protocol = strings.Trim(protocol, " \t")
			for _, p := range [...]string{"h2", "h3", "http", "tls", "connect"} {
				if strings.HasPrefix(protocol, p) {
					return true
				}
			}
		}
	}
	return false
}

// allowed lists the methods for the Allow field and for a preflight.
func (m *methods) allowed(rest string) string {
	if strings.HasPrefix(rest, webRTC) {
		return m.listRTC
	}
	return m.list
}
