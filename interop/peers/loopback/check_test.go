package main

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/streamtoken/streamtoken/verifier"
)

var keys = filepath.Join("..", "..", "..", "testdata", "keys")

func goodAndBads(t *testing.T) (string, []bad) {
	t.Helper()
	m, err := newMint(keys, forwardedRules, false)
	if err != nil {
		t.Fatal(err)
	}
	good, err := m.goods(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	bads, err := m.bads(good[0])
	if err != nil {
		t.Fatal(err)
	}
	return good[0], bads
}

// Servers that are wrong in one way each.
func TestCheckSeesWhatIsWrong(t *testing.T) {
	good, bads := goodAndBads(t)
	right := func(w http.ResponseWriter, r *http.Request) { answer(w, r, bearer(r) == good) }
	remembered := false
	for name, h := range map[string]http.HandlerFunc{
		"":               right,
		"not 401 or 403": func(w http.ResponseWriter, _ *http.Request) { noContent(w, nil) },
		"answered 500": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(map[bool]int{true: 204, false: 500}[bearer(r) == good])
		},
		"the good token 401": func(w http.ResponseWriter, r *http.Request) { answer(w, r, false) },
		"the good token 200": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(map[bool]int{true: 200, false: 401}[bearer(r) == good])
		},
		"expired: answered 2": func(w http.ResponseWriter, r *http.Request) {
			answer(w, r, bearer(r) == good || bearer(r) == bads[3].token)
		},
		"payload under the same signature: answered 2": func(w http.ResponseWriter, r *http.Request) { // takes it the second time
			if bearer(r) == bads[2].token {
				answer(w, r, remembered)
				remembered = true
				return
			}
			right(w, r)
		},
	} {
		srv := httptest.NewServer(h)
		err := check(t.Context(), server{name: "x", checks: true}, strings.TrimPrefix(srv.URL, "http://"), good, bads)
		srv.Close()
		if name == "" && err != nil || name != "" && (err == nil || !strings.Contains(err.Error(), name)) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestTokens(t *testing.T) {
	for _, m := range []struct {
		kind      tokenKind
		low, high int
	}{{tokenKind{}, 880, 920}, {tokenKind{plain: true}, 880, 920}, {tokenKind{auth0: true}, 930, 980}} {
		b := bench{places: places{keys: keys}}
		mint, err := b.mint(m.kind)
		if err != nil {
			t.Fatal(err)
		}
		tokens, err := mint.goods(t.Context(), 3)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(tokens[0]); n < m.low || n > m.high || len(tokens[1]) != n {
			t.Errorf("%+v: %d and %d bytes", m.kind, n, len(tokens[1]))
		}
		if len(tokens[0])*distinctTokens <= verifier.DefaultCacheBytes {
			t.Errorf("%+v: the verifier may remember all %d", m.kind, distinctTokens)
		}
		if tokens[0] == tokens[1] || tokens[1] == tokens[2] {
			t.Errorf("%+v: the same token twice", m.kind)
		}
		bads, err := mint.bads(tokens[0])
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{tokens[0]: true}
		for _, bad := range bads {
			if seen[bad.token] {
				t.Errorf("%+v: %s is another one", m.kind, bad.why)
			}
			seen[bad.token] = true
		}
	}
}
