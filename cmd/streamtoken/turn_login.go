package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// maxTURNLoginBytes bounds what holds a credential: many times an answer with its servers.
const maxTURNLoginBytes = 64 << 10

// turnLogin is a username and the credential that is said to belong to it.
type turnLogin struct{ username, password string }

// readTURNLogin reads a credential in any of the forms in which one is handed out.
func (env *environment) readTURNLogin(name string) (turnLogin, error) {
	if name == "-" && isTerminal(env.stdin) {
		printNote(env.stderr, "reading a credential from standard input")
	}
	data, err := env.readInput(name, "credential", maxTURNLoginBytes)
	if err != nil {
		return turnLogin{}, err
	}
	login, ok := parseTURNLogin(data)
	if !ok {
		return turnLogin{}, withHint(errors.New("this holds no TURN credential"),
			"it is what turn credential prints, or the username on one line and the credential on the next")
	}
	return login, nil
}

func parseTURNLogin(data []byte) (turnLogin, bool) {
	data = bytes.TrimSpace(data)
	if len(data) > 0 && (data[0] == '{' || data[0] == '[') {
		return turnLoginInJSON(data, 3) // an object, its list, a server
	}
	lines := strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
	if len(lines) != 2 {
		return turnLogin{}, false
	}
	return turnLogin{unlabelled(lines[0], "username"), unlabelled(lines[1], "credential")}, true
}

// unlabelled takes the label off a line of what turn credential prints.
func unlabelled(line, label string) string {
	if rest, ok := strings.CutPrefix(line, label+" "); ok {
		return strings.TrimLeft(rest, " ")
	}
	return line
}

// turnLoginInJSON finds the login of {"username","credential"}, of {"iceServers": ...} in either shape, or of a bare list of
// servers. In a list, the first server that has a username counts: STUN has none.
func turnLoginInJSON(data []byte, depth int) (turnLogin, bool) {
	if depth == 0 {
		return turnLogin{}, false
	}
	var list []json.RawMessage
	if json.Unmarshal(data, &list) == nil {
		for _, server := range list {
			if login, ok := turnLoginInJSON(server, depth-1); ok {
				return login, true
			}
		}
		return turnLogin{}, false
	}
	var object struct {
		Username   *string         `json:"username"`
		Credential *string         `json:"credential"`
		ICEServers json.RawMessage `json:"iceServers"`
	}
	switch {
	case json.Unmarshal(data, &object) != nil:
		return turnLogin{}, false
	case object.Username != nil && object.Credential != nil:
		return turnLogin{*object.Username, *object.Credential}, true
	case len(object.ICEServers) > 0:
		return turnLoginInJSON(object.ICEServers, depth-1)
	}
	return turnLogin{}, false
}
