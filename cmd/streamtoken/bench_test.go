package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/internal/bench"
)

// quickBench is the least that can be measured.
func quickBench(change func(*benchOptions)) benchOptions {
	o := benchOptions{cfg: bench.Config{Time: time.Millisecond, Slice: time.Millisecond}}
	o.cfg.Load.Time = time.Millisecond
	change(&o)
	return o
}

func TestBenchJSON(t *testing.T) {
	env := testEnvironment("")
	require.NoError(t, runBench(t.Context(), env, quickBench(func(o *benchOptions) { o.json = true })))
	out := env.stdout.(*bytes.Buffer).Bytes()
	require.Equal(t, 1, bytes.Count(out, []byte("\n")))
	var fields map[string]any
	require.NoError(t, json.Unmarshal(out, &fields))
	for _, name := range []string{"rsa_sign_ns", "mint_ns", "rsa_verify_ns", "verify_cold_ns", "verify_warm_ns", "rules5_ns", "token_bytes", "bulk_mint_ns", "all_bulk_mint_ns"} {
		require.Greater(t, fields[name], 0.0, name)
	}
	require.Contains(t, fields, "verify_warm_allocs")
	require.Contains(t, []any{"vector", "crypto/rsa"}, fields["bulk_engine"])
	require.NotEmpty(t, fields["bulk_engine_why"])
	require.NotContains(t, fields, "url")
	require.NotContains(t, string(out), "eyJ")
}

func TestBenchHTML(t *testing.T) {
	name := filepath.Join(t.TempDir(), "page.html")
	env := testEnvironment("")
	require.NoError(t, runBench(t.Context(), env, quickBench(func(o *benchOptions) { o.html = name })))
	require.Contains(t, fmt.Sprint(env.stdout), "crypto/rsa, a signature alone")
	require.Contains(t, fmt.Sprint(env.stderr), "wrote the page to "+name)
	page, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Contains(t, string(page), "<!DOCTYPE html>")
	require.Contains(t, string(page), "crypto/rsa, a signature alone")

	err = runBench(t.Context(), testEnvironment(""), quickBench(func(o *benchOptions) { o.html = name }))
	require.ErrorContains(t, err, "is not overwritten")
	again, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, page, again)
	require.ErrorContains(t, writeNewPage(name, nil), "is not overwritten") // created meanwhile
}

// The environment switches the vector engines off, here as in sign.
func TestBenchWithoutVector(t *testing.T) {
	env := testEnvironment("")
	env.getenv = func(string) string { return "off" }
	require.NoError(t, runBench(t.Context(), env, quickBench(func(*benchOptions) {})))
	require.Equal(t, 3, strings.Count(fmt.Sprint(env.stdout), "vector engine: not measured: $STREAMTOKEN_VECTOR is off\n"))
	env.getenv = func(string) string { return "no" }
	require.ErrorContains(t, runBench(t.Context(), env, quickBench(func(*benchOptions) {})), "$STREAMTOKEN_VECTOR: the value is not known")
}

func TestBenchURL(t *testing.T) {
	token := tokenOf(t, "a.json", streamtoken.Claims{})
	status := http.StatusOK
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.URL.Path)
		w.WriteHeader(status)
	}))
	defer srv.Close()
	measure := func(o benchOptions) (stdout, all string, err error) {
		o.url = srv.URL + "/" + token + "/manifest/video.m3u8"
		env := testEnvironment("")
		err = runBench(t.Context(), env, o)
		if err != nil {
			printError(env.stderr, err, nil)
		}
		stdout = fmt.Sprint(env.stdout)
		return stdout, stdout + fmt.Sprint(env.stderr), err
	}

	stdout, all, err := measure(quickBench(func(o *benchOptions) { o.json = true }))
	require.NoError(t, err)
	require.Empty(t, leaks(all, token))
	var fields struct {
		URL struct {
			PerSecond float64 `json:"requests_per_second"`
			P50       float64 `json:"p50_ns"`
			P99       float64 `json:"p99_ns"`
		}
	}
	require.NoError(t, json.Unmarshal([]byte(stdout), &fields))
	require.Positive(t, fields.URL.PerSecond)
	require.Positive(t, fields.URL.P50)
	require.GreaterOrEqual(t, fields.URL.P99, fields.URL.P50)

	stdout, all, err = measure(quickBench(func(*benchOptions) {}))
	require.NoError(t, err)
	require.Empty(t, leaks(all, token))
	require.Contains(t, stdout, "requests a second")

	for code, hint := range map[int]string{http.StatusForbidden: "streamtoken verify", http.StatusFound: "redirects are not followed", http.StatusBadGateway: "with 502"} {
		status = code
		stdout, all, err = measure(quickBench(func(*benchOptions) {}))
		require.Error(t, err)
		require.Empty(t, stdout)
		require.Contains(t, all, fmt.Sprintf("1 of 1 requests with a status that is not 2xx, the first with %d", code))
		require.Contains(t, all, hint)
		require.NotContains(t, all, "bench: ")
		require.Empty(t, leaks(all, token))
	}

	srv.Close()
	_, all, err = measure(quickBench(func(*benchOptions) {}))
	require.Error(t, err)
	require.Contains(t, all, "error: no connection to the server")
	require.Empty(t, leaks(all, token))
}

func TestBenchInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	env := testEnvironment("")
	name := filepath.Join(t.TempDir(), "page.html")
	require.Equal(t, exitFailed, run(ctx, []string{"bench", "--html", name}, env))
	require.Contains(t, fmt.Sprint(env.stderr), "error: interrupted before all was measured")
	require.Empty(t, fmt.Sprint(env.stdout))
	require.NoFileExists(t, name)
}
