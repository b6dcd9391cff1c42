package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sort"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/api"
	"github.com/streamtoken/streamtoken/signer"
)

// BenchmarkTokenCallOverSign has the token call and a handler that does nothing but Sign answer in turn, on one server and
// over one connection, and gives the ratio of their median times: what the API costs above the signature. The account's own
// key signs for both, or keys of the same size.
func BenchmarkTokenCallOverSign(b *testing.B) {
	w := newWorld(b, func(c *api.Config) { c.Log = nil; c.Now = nil })
	key, err := signer.GenerateKey("", 2048)
	require.NoError(b, err)
	s, err := signer.New(signer.Config{Key: key})
	require.NoError(b, err)
	bare := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		token, err := s.Sign(streamtoken.Claims{Subject: video})
		if err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(rw, token)
	})
	mux := http.NewServeMux()
	mux.Handle("/bare", bare)
	mux.Handle("/", w.handler)
	server := httptest.NewServer(mux)
	defer server.Close()
	rules := `{"downloadable":true,"accessRules":[{"type":"ip.geoip.country","action":"block","country":["US","MX"]},{"type":"ip.src","action":"allow","ip":["93.184.216.0/24","2400:cb00::/32"]},{"type":"any","action":"block"}]}`
	for name, body := range map[string]string{"plain": "{}", "rules": rules} {
		b.Run(name, func(b *testing.B) {
			var took [2][]time.Duration
			for i := 0; b.Loop(); i++ {
				for turn := range 2 {
					which := (turn + i) % 2 // in changing order: the second finds the caches warm
					path := "/bare"
					if which == 1 {
						path = in(accountA) + tokenPath
					}
					start := time.Now()
					post(b, server, path, body)
					took[which] = append(took[which], time.Since(start))
				}
			}
			for _, list := range took {
				sort.Slice(list, func(i, j int) bool { return list[i] < list[j] })
			}
			middle := len(took[0]) / 2
			b.ReportMetric(float64(took[0][middle].Nanoseconds()), "bare-ns")
			b.ReportMetric(float64(took[1][middle].Nanoseconds()), "api-ns")
			b.ReportMetric(float64(took[0][middle])/float64(took[1][middle]), "rate-ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func post(b *testing.B, server *httptest.Server, path, body string) {
	r, err := http.NewRequest(http.MethodPost, server.URL+path, bytes.NewReader([]byte(body)))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+anyToken)
	resp, err := server.Client().Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		b.Fatal(resp.Status, err)
	}
}

// BenchmarkTokenCall is the handler alone: without a connection, and with a key that the call brings.
func BenchmarkTokenCall(b *testing.B) {
	w := newWorld(b, func(c *api.Config) { c.Log = nil; c.Now = nil })
	var k streamKey
	require.NoError(b, json.Unmarshal([]byte(readTestdata(b, "a.json")), &k))
	for name, body := range map[string]string{"own": "{}", "brought": `{"id":"` + k.ID + `","pem":"` + k.PEM + `"}`} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			w.serve(b, "POST", in(accountA)+tokenPath, body) // makes the key
			for b.Loop() {
				w.serve(b, "POST", in(accountA)+tokenPath, body)
			}
		})
	}
}

// BenchmarkOther are calls that read, on the node's memory and on the database.
func BenchmarkOther(b *testing.B) {
	w := newWorld(b, func(c *api.Config) { c.Log = nil; c.Now = nil })
	var first relay
	for i := range 1000 {
		r := w.newRelay(accountA, fmt.Sprint("relay ", i))
		if i == 0 {
			first = r
		}
	}
	tk := w.newTURNKey(accountA, "k")
	for name, path := range map[string]string{
		"list of 1000 relays": in(accountA) + "/moq/relays",
		"list of 20 relays":   in(accountA) + "/moq/relays?per_page=20",
		"one relay":           in(accountA) + "/moq/relays/" + first.UID,
		"accepted set":        "/-/relays/" + first.UID + "/accepted",
		"key set":             "/.well-known/jwks.json",
		"not found":           "/nothing",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w.serve(b, "GET", path, "")
			}
		})
	}
	b.Run("ice servers", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			w.serve(b, "POST", "/v1/turn/keys/"+tk.UID+iceCall, "", as(tk.Key))
		}
	})
}

// serve is do without the checks.
func (w *world) serve(b *testing.B, method, path, body string, change ...func(*http.Request)) {
	r := httptest.NewRequest(method, path, bytes.NewReader([]byte(body)))
	r.Header.Set("Authorization", "Bearer "+anyToken)
	for _, f := range change {
		f(r)
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	if rec.Code/100 != 2 && path != "/nothing" {
		b.Fatal(rec.Code, rec.Body.String())
	}
}
