//go:build integration

package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Every server takes the good token and refuses each bad one.
func TestEveryServerRefuses(t *testing.T) {
	if err := need(servers); err != nil {
		t.Fatal(err)
	}
	b, err := newBench(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	for _, s := range servers {
		if err := b.startAll(t.Context(), []server{s}); err != nil {
			t.Error(err)
		}
	}
	if err := b.checkAgain(t.Context()); err != nil {
		t.Error(err)
	}
	m := b.describe(t.Context())
	if want := 11; len(m.Programs) < want {
		t.Errorf("%d versions, want %d: %s", len(m.Programs), want, m.versions())
	}
}

// The smallest run there is measures something in every row.
func TestMeasures(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if got := run(t.Context(), []string{"--rounds", "1", "--seconds", "1", "--only", "reads/same,streamtoken/same", "--json"}, &stdout, &stderr); got != 0 {
		t.Fatalf("exit status %d: %s", got, stderr.String())
	}
	var out struct{ Rows []summary }
	if err := json.Unmarshal(stdout.Bytes(), &out); err != nil {
		t.Fatal(err)
	}
	if len(out.Rows) != 2 {
		t.Fatalf("%d rows", len(out.Rows))
	}
	for _, r := range out.Rows {
		if len(r.Rounds) != 1 || r.CPUMicros <= 0 || r.PerSecond <= 0 || r.TimesFloor <= 0 || r.TimesOurs <= 0 || r.Rounds[0].Others >= 1 {
			t.Errorf("%+v", r)
		}
	}
}

// watched is a server that counts what it is asked and answers every tenth request badly if it is told to.
type watched struct {
	srv    *httptest.Server
	mu     sync.Mutex
	served int64
	seen   map[string]bool
	fails  bool
}

func newWatched(fails bool) *watched {
	w := &watched{seen: map[string]bool{}, fails: fails}
	w.srv = httptest.NewServer(w)
	return w
}

func (w *watched) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	key := strings.Join([]string{r.Host, r.URL.Path, r.Header.Get("X-Forwarded-For"), r.Header.Get("CF-IPCountry"), bearer(r)}, " ")
	w.mu.Lock()
	w.served++
	w.seen[key] = true
	bad := w.fails && w.served%10 == 0
	w.mu.Unlock()
	if bad {
		rw.WriteHeader(http.StatusForbidden)
		return
	}
	noContent(rw, r)
}

func (w *watched) address() string { return strings.TrimPrefix(w.srv.URL, "http://") }

// What the load tool sends is what the table says it does, and what it counts is what was answered.
func TestLoad(t *testing.T) {
	b, err := newBench(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b.distinct = 500
	for _, c := range []struct {
		kind      tokenKind
		request   request
		forwarded string
	}{{tokenKind{}, same, "198.51.100.23 DE"}, {tokenKind{plain: true}, plain, " "}, {tokenKind{distinct: true}, distinct, "198.51.100.23 DE"}} {
		f, err := b.tokensFor(t.Context(), c.kind)
		if err != nil {
			t.Fatal(err)
		}
		w := newWatched(false)
		got, err := load{address: w.address(), request: c.request, tokens: f, skip: 7, seconds: 1, cpu: b.loadCPU}.run(t.Context(), b.places)
		w.srv.Close()
		if err != nil {
			t.Fatal(err)
		}
		// Up to one request a connection is under way when wrk stops counting.
		if got.Requests > w.served || got.Requests+connections < w.served {
			t.Errorf("%s: wrk counts %d requests, the server %d", c.request, got.Requests, w.served)
		}
		if want := min(int(w.served), f.count); len(w.seen) < want-connections {
			t.Errorf("%s: %d different requests, want %d", c.request, len(w.seen), want)
		}
		for key := range w.seen {
			if !strings.HasPrefix(key, w.address()+" "+target+" "+c.forwarded+" ey") {
				t.Fatalf("%s: %.80s", c.request, key)
			}
		}
	}
}

func TestLoadStopsAtARefusal(t *testing.T) {
	b, err := newBench(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	f, err := b.tokensFor(t.Context(), tokenKind{})
	if err != nil {
		t.Fatal(err)
	}
	w := newWatched(true)
	defer w.srv.Close()
	if got, err := (load{address: w.address(), request: same, tokens: f, seconds: 1, cpu: b.loadCPU}).run(t.Context(), b.places); err == nil {
		t.Errorf("%d requests, none refused", got.Requests)
	}
}
