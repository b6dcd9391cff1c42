package api

import (
	"net/http"
	"strings"
)

const (
	accountPath = "/accounts/{account_id}"
	keysPath    = accountPath + "/stream/keys"
	tokenPath   = accountPath + "/stream/{identifier}/token"
	relaysPath  = accountPath + "/moq/relays"
	relayPath   = relaysPath + "/{relay_id}"
	turnPath    = accountPath + "/calls/turn_keys"
	icePath     = "/v1/turn/keys/{key_id}/credentials"
)

// controlRoutes is everything that a control API serves, as openapi.json describes it.
func controlRoutes() []route {
	const (
		get    = http.MethodGet
		post   = http.MethodPost
		put    = http.MethodPut
		remove = http.MethodDelete
	)
	read := func(method, pattern string, serve func(*handler, *call) (answer, error)) route {
		return route{method: method, pattern: pattern, access: account, anyBase: true, serve: serve}
	}
	change := func(method, pattern string, serve func(*handler, *call) (answer, error)) route {
		return route{method: method, pattern: pattern, access: account, anyBase: true, changes: true, serve: serve}
	}
	return []route{
		read(post, tokenPath, (*handler).createStreamToken), // the first, being the one that is called often

		change(post, keysPath, (*handler).createStreamKey),
		read(get, keysPath, (*handler).listStreamKeys),
		change(remove, keysPath+"/{key_id}", (*handler).deleteStreamKey),

		change(post, relaysPath, (*handler).createRelay),
		read(get, relaysPath, (*handler).listRelays),
		read(get, relayPath, (*handler).getRelay),
		change(put, relayPath, (*handler).updateRelay),
		change(remove, relayPath, (*handler).deleteRelay),
		change(post, relayPath+"/tokens/rotate", (*handler).rotateRelayToken),
		change(post, relayPath+"/tokens", (*handler).createRelayToken),
		read(get, relayPath+"/tokens", (*handler).listRelayTokens),
		change(remove, relayPath+"/tokens/{jti}", (*handler).deleteRelayToken),

		change(post, turnPath, (*handler).createTURNKey),
		read(get, turnPath, (*handler).listTURNKeys),
		read(get, turnPath+"/{key_id}", (*handler).getTURNKey),
		change(put, turnPath+"/{key_id}", (*handler).updateTURNKey),
		change(remove, turnPath+"/{key_id}", (*handler).deleteTURNKey),

		{method: post, pattern: icePath + "/generate-ice-servers", access: turnKey, anyBase: true, serve: (*handler).iceServers},
		{method: post, pattern: icePath + "/generate", access: turnKey, anyBase: true, serve: (*handler).oneICEServer},

		{method: get, pattern: "/.well-known/jwks.json", access: follower, serve: (*handler).jwks},
		{method: get, pattern: "/-/revocations", access: follower, serve: (*handler).revocations},
		{method: get, pattern: "/-/relays/{relay_id}/accepted", access: follower, serve: (*handler).accepted},

		{method: get, pattern: "/-/openapi.json", serve: (*handler).openAPI},
		{method: get, pattern: "/healthz", serve: (*handler).health},
	}
}

// minterRoutes is what a minter serves.
func minterRoutes() []route {
	return []route{
		{method: http.MethodPost, pattern: tokenPath, anyBase: true, serve: (*handler).createStreamToken},
		{method: http.MethodGet, pattern: "/healthz", serve: (*handler).health},
	}
}

func compile(routes []route) []route {
	for i := range routes {
		routes[i].segments = strings.Split(routes[i].pattern[1:], "/")
	}
	return routes
}
