package demo

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// lockedBuffer is a bytes.Buffer that may be read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestPageIsStrict(t *testing.T) {
	s, _ := stageForTest(t)
	for _, file := range []string{"", "player.js", "page.js", "style.css", "urls", "nothing"} {
		a, err := s.ask(t.Context(), http.MethodGet, s.pageURL+file, nil)
		require.NoError(t, err)
		policy := a.header.Get("Content-Security-Policy")
		require.True(t, strings.HasPrefix(policy, "default-src 'none'; script-src 'self'; "), file)
		require.NotContains(t, policy, "unsafe")
		require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
		require.Equal(t, "no-store", a.header.Get("Cache-Control"))
		require.Equal(t, "no-referrer", a.header.Get("Referrer-Policy"))
		require.Empty(t, a.header.Get("Access-Control-Allow-Origin"), "another site could read the URLs")
	}
}

// No file of the page names a host: nothing can come from elsewhere even without the policy.
func TestPageNamesNoHost(t *testing.T) {
	for _, file := range []string{"index.html", "player.js", "page.js", "style.css"} {
		data, err := pageFiles.ReadFile("page/" + file)
		require.NoError(t, err)
		require.NotRegexp(t, regexp.MustCompile(`(?i)https?:|["'(]//|@import|\bimport\(`), string(data), file)
	}
}

// Every load of the page gets tokens of its own, and each is what it says.
func TestPageMintsFreshURLs(t *testing.T) {
	s, _ := stageForTest(t)
	a, err := s.ask(t.Context(), http.MethodGet, s.pageURL+"urls", nil)
	require.NoError(t, err)
	require.Equal(t, 200, a.status)
	var list []exhibit
	require.NoError(t, json.Unmarshal(a.body, &list))
	require.Len(t, list, 4)
	for _, e := range list {
		got, err := s.ask(t.Context(), http.MethodGet, e.URL, nil)
		require.NoError(t, err)
		require.Equal(t, e.Status, got.status, e.Name)
		require.Equal(t, e.Reason, got.reason, e.Name)
	}
}

func TestPageRefusesForeignNamesAndMethods(t *testing.T) {
	s, _ := stageForTest(t)
	for _, host := range []string{"demo.example", "127.0.0.1", "localhost"} {
		a, err := s.ask(t.Context(), http.MethodGet, s.pageURL+"urls", http.Header{"Host": {host}})
		require.NoError(t, err)
		require.Equal(t, http.StatusMisdirectedRequest, a.status, host)
		require.NotContains(t, string(a.body), "eyJ")
	}
	a, err := s.ask(t.Context(), http.MethodPost, s.pageURL+"urls", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusMethodNotAllowed, a.status)
}
