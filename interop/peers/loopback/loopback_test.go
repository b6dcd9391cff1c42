//go:build integration

package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
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

// What the load tool sends is what the table says it does, and what it counts is what was answered.
func TestLoad(t *testing.T) {
	b, err := newBench(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b.distinct = 500
	var served, failed atomic.Int64
	var mu sync.Mutex
	seen := map[string]int{}
	fail := false
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := served.Add(1)
		key := strings.Join([]string{r.Host, r.URL.Path, r.Header.Get("X-Forwarded-For"), r.Header.Get("CF-IPCountry"), bearer(r)}, " ")
		mu.Lock()
		seen[key]++
		mu.Unlock()
		if fail && n%3 == 0 {
			failed.Add(1)
			w.WriteHeader(http.StatusForbidden)
			return
		}
		noContent(w, r)
	}))
	defer srv.Close()
	address := strings.TrimPrefix(srv.URL, "http://")
	for _, c := range []struct {
		kind      tokenKind
		request   request
		forwarded string
	}{{tokenKind{}, same, "198.51.100.23 DE"}, {tokenKind{plain: true}, plain, " "}, {tokenKind{distinct: true}, distinct, "198.51.100.23 DE"}} {
		f, err := b.tokensFor(t.Context(), c.kind)
		if err != nil {
			t.Fatal(err)
		}
		served.Store(0)
		clear(seen)
		got, err := load{address: address, request: c.request, tokens: f, skip: 7, seconds: 1, cpu: b.loadCPU}.run(t.Context(), b.places)
		if err != nil {
			t.Fatal(err)
		}
		// Up to one request a connection is under way when wrk stops counting.
		if n := served.Load(); got.Requests > n || got.Requests+connections < n {
			t.Errorf("%s: wrk counts %d requests, the server %d", c.request, got.Requests, n)
		}
		if want := min(int(served.Load()), f.count); len(seen) < want-connections {
			t.Errorf("%s: %d different requests, want %d", c.request, len(seen), want)
		}
		for key := range seen {
			if !strings.HasPrefix(key, address+" "+target+" "+c.forwarded+" ey") {
				t.Fatalf("%s: %s", c.request, key)
			}
		}
	}
	fail = true
	served.Store(0)
	f, err := b.tokensFor(t.Context(), tokenKind{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (load{address: address, request: same, tokens: f, seconds: 1, cpu: b.loadCPU}).run(t.Context(), b.places); err == nil || failed.Load() == 0 {
		t.Errorf("refusals under load: %v", err)
	}
}
