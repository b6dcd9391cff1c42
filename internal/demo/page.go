package demo

import (
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

//go:embed page
var pageFiles embed.FS

// newPage is the page's own server. It holds the mint, as a site's backend would: the page asks it for signed URLs and
// then talks to the edge.
func newPage(s *stage) http.Handler {
	policy := fmt.Sprintf("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' %[1]s; "+
		"media-src blob: %[1]s; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", s.edgeURL)
	mux := http.NewServeMux()
	for pattern, file := range map[string]string{
		"GET /{$}":         "page/index.html",
		"GET /player.js":   "page/player.js",
		"GET /page.js":     "page/page.js",
		"GET /style.css":   "page/style.css",
		"GET /favicon.ico": "",
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if file == "" {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			http.ServeFileFS(w, r, pageFiles, file)
		})
	}
	mux.HandleFunc("GET /urls", func(w http.ResponseWriter, r *http.Request) {
		t, err := s.mint.tokens()
		if err != nil {
			http.Error(w, "cannot mint", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(s.exhibits(t))
	})
	host := strings.TrimSuffix(strings.TrimPrefix(s.pageURL, "http://"), "/")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A foreign site whose name is made to resolve to 127.0.0.1 could read what it loads from here (DNS rebinding).
		if r.Host != host {
			http.Error(w, "this page has another name", http.StatusMisdirectedRequest)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}
