package moq_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/moq"
)

const (
	kidA  = "8f926b2b01f3835170025a78a4dcbf6a"
	kidB  = "e9db990a82666dd571c77f944a5c5c8d"
	relay = "ea95132c15732412d22c1476fa83f27a"
	jti   = "0123456789abcdef0123456789abcdef"
	now   = int64(2_000_000_000)

	header  = `{"alg":"Ed25519","kid":"` + kidA + `"}`
	payload = `{"aud":"moq.cloudflare.com","sub":"` + relay + `","jti":"` + jti + `","operations":["publish","subscribe"],"iat":2000000000,"exp":2000003600}`
)

var errLease = errors.New("the lease is over")

func clock() time.Time { return time.Unix(now, 0) }

// private gives a test-only key by name: that of the vectors.
func private(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("streamtoken test-only key " + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func public(name string) ed25519.PublicKey { return private(name).Public().(ed25519.PublicKey) }

func testKey(t testing.TB, id, name string) *moq.Key {
	t.Helper()
	key, err := moq.NewKey(id, private(name))
	require.NoError(t, err)
	return key
}

// raw signs header and payload as they stand.
func raw(key ed25519.PrivateKey, header, payload string) string {
	input := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	return input + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, []byte(input)))
}

// world is a key set and the accepted sets, both of which change, and a clock that is set.
type world struct {
	mu       sync.Mutex
	keys     map[string]ed25519.PublicKey
	accepted map[[2]string]bool
	keysErr  error
	err      error
	changed  chan struct{}
	asked    int    // Accepts
	hook     func() // called by Accepts once it has looked
	time     time.Time
}

func newWorld() *world {
	return &world{
		keys:     map[string]ed25519.PublicKey{kidA: public("a"), kidB: public("b")},
		accepted: map[[2]string]bool{{relay, jti}: true},
		changed:  make(chan struct{}),
		time:     clock(),
	}
}

func (w *world) Key(kid string) (ed25519.PublicKey, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.keysErr != nil {
		return nil, w.keysErr
	}
	if k, ok := w.keys[kid]; ok {
		return k, nil
	}
	return nil, streamtoken.ReasonKeyUnknown
}

func (w *world) Accepts(relay, jti string) (bool, error) {
	w.mu.Lock()
	w.asked++
	ok, err, hook := w.accepted[[2]string{relay, jti}], w.err, w.hook
	w.mu.Unlock()
	if hook != nil {
		hook()
	}
	return ok, err
}

func (w *world) Changed() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changed
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.time
}

// change alters the world and tells everybody.
func (w *world) change(f func(*world)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(w)
	close(w.changed)
	w.changed = make(chan struct{})
}

// quietly alters the world and tells nobody.
func (w *world) quietly(f func(*world)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(w)
}

func (w *world) verifier(t testing.TB, changes ...func(*moq.VerifierConfig)) *moq.Verifier {
	t.Helper()
	cfg := moq.VerifierConfig{Keys: w, Accepted: w, Now: w.now}
	for _, change := range changes {
		change(&cfg)
	}
	v, err := moq.NewVerifier(cfg)
	require.NoError(t, err)
	return v
}

func uncached(cfg *moq.VerifierConfig) { cfg.CacheBytes = -1 }

// refused demands a refusal with this reason and nothing else.
func refused(t testing.TB, v *moq.Verifier, token string, reason streamtoken.Reason) *streamtoken.Refusal {
	t.Helper()
	held, err := v.Verify(context.Background(), token)
	require.Nil(t, held)
	var refusal *streamtoken.Refusal
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, string(reason), string(refusal.Reason), refusal.Detail)
	return refusal
}

func holds(t testing.TB, v *moq.Verifier, token string) *moq.Token {
	t.Helper()
	held, err := v.Verify(context.Background(), token)
	require.NoError(t, err)
	require.NotNil(t, held)
	return held
}
