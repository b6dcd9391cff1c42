package api

import (
	"net/http"
	"strings"
)

// credential gives what a request authenticates with: a bearer token (RFC 6750), or the headers of Cloudflare's older forms,
// X-Auth-Email with X-Auth-Key, and X-Auth-User-Service-Key, with the token as the key. The e-mail address is not looked at.
// With several of them the first counts, and only it.
func credential(h http.Header) (string, *fault) {
	switch lines := h["Authorization"]; len(lines) {
	case 0:
	case 1:
		scheme, token, _ := strings.Cut(lines[0], " ")
		if token = strings.TrimLeft(token, " "); !strings.EqualFold(scheme, "Bearer") || !validBearer(token) {
			return "", badHeaders()
		}
		return token, nil
	default:
		return "", badHeaders()
	}
	for _, form := range []struct{ key, beside string }{{"X-Auth-Key", "X-Auth-Email"}, {"X-Auth-User-Service-Key", ""}} {
		lines := h[form.key]
		if len(lines) == 0 || form.beside != "" && h.Get(form.beside) == "" {
			continue
		}
		if len(lines) > 1 || !validBearer(lines[0]) {
			return "", badHeaders()
		}
		return lines[0], nil
	}
	return "", &fault{status: http.StatusBadRequest, code: codeNoCredentials, message: "Missing X-Auth-Key, X-Auth-Email or Authorization headers"}
}

func badHeaders() *fault {
	return &fault{status: http.StatusBadRequest, code: codeBadHeaders, message: "Invalid request headers"}
}

// admit checks that c may do what its route does, and notes who it is.
func (h *handler) admit(c *call) *fault {
	if c.route.access == public || c.route.access == turnKey {
		return nil
	}
	token, f := credential(c.request.Header)
	if f != nil {
		return f
	}
	p, ok := h.tokens.Authenticate(token)
	if !ok {
		return unauthorized()
	}
	c.principal = p
	if c.route.access == follower {
		return c.chooseAccount()
	}
	c.account = c.param("account_id")
	if p.Account != "" && p.Account != c.account {
		return otherAccount()
	}
	return nil
}

// chooseAccount is for the documents that followers read: a bound token sees its account, another everything, or the one
// account that the query names.
func (c *call) chooseAccount() *fault {
	c.account = c.principal.Account
	query, f := c.query()
	if f != nil {
		return f
	}
	asked, given, f := query.one("account_id")
	switch {
	case f != nil:
		return f
	case !given:
		return nil
	case !validAccount(asked):
		return badRequest("", "account_id: must be an account id")
	case c.account != "" && c.account != asked:
		return otherAccount()
	}
	c.account = asked
	return nil
}
