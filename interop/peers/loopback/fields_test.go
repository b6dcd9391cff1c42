package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/signer"
)

// The handler that stands beside the middleware sends what the middleware sends, no more and no less.
func TestOursFields(t *testing.T) {
	m, err := newMint("../../../testdata/keys", plainRules, false)
	if err != nil {
		t.Fatal(err)
	}
	s, err := signer.New(signer.Config{Key: m.good})
	if err != nil {
		t.Fatal(err)
	}
	token, err := s.Sign(streamtoken.Claims{Subject: subject, Expires: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]http.Header{}
	for _, name := range []string{"streamtoken", "fields"} {
		h, err := goHandlers[name](&m.pems[m.good].PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodGet, target, nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusNoContent {
			t.Fatalf("%s: %d", name, w.Code)
		}
		answers[name] = w.Header()
	}
	ours, theirs := answers["streamtoken"], answers["fields"]
	if len(ours) != len(theirs) {
		t.Errorf("%v and %v", ours, theirs)
	}
	for name := range ours {
		if ours.Get(name) != theirs.Get(name) {
			t.Errorf("%s: %q and %q", name, ours.Get(name), theirs.Get(name))
		}
	}
}
