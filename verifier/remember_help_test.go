package verifier_test

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/verifier"
)

// switchKeys is a KeySet that a test changes while it is in use.
type switchKeys struct {
	mu    sync.Mutex
	byID  map[string]*verifier.Key
	err   error // for every id, if set
	asked int
}

func newSwitchKeys(keys ...*verifier.Key) *switchKeys {
	s := &switchKeys{byID: map[string]*verifier.Key{}}
	for _, k := range keys {
		s.put(k)
	}
	return s
}

func (s *switchKeys) Key(id string) (*verifier.Key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.err != nil {
		return nil, s.err
	}
	if k := s.byID[id]; k != nil {
		return k, nil
	}
	return nil, streamtoken.ReasonKeyUnknown
}

func (s *switchKeys) put(k *verifier.Key) { s.mu.Lock(); s.byID[k.ID()] = k; s.mu.Unlock() }
func (s *switchKeys) remove(id string)    { s.mu.Lock(); delete(s.byID, id); s.mu.Unlock() }
func (s *switchKeys) fail(err error)      { s.mu.Lock(); s.err = err; s.mu.Unlock() }

func (s *switchKeys) get(id string) *verifier.Key {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byID[id]
}

// count gives how often it was asked since the last count.
func (s *switchKeys) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.asked
	s.asked = 0
	return n
}

// switchRevocations is a list that a test replaces.
type switchRevocations struct {
	mu   sync.Mutex
	list verifier.Revocations
	err  error
}

func (s *switchRevocations) Revoked(keyID, subject, digest string, now time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || s.list == nil {
		return false, s.err
	}
	return s.list.Revoked(keyID, subject, digest, now)
}

func (s *switchRevocations) set(t testing.TB, entries ...streamtoken.Revocation) {
	list, err := verifier.NewRevocations(entries...)
	require.NoError(t, err)
	s.mu.Lock()
	s.list = list
	s.mu.Unlock()
}

func (s *switchRevocations) fail(err error) { s.mu.Lock(); s.err = err; s.mu.Unlock() }

// handClock is a clock that a test sets.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *handClock) Now() time.Time      { c.mu.Lock(); defer c.mu.Unlock(); return c.now }
func (c *handClock) set(now time.Time)   { c.mu.Lock(); c.now = now; c.mu.Unlock() }
func (c *handClock) add(d time.Duration) { c.mu.Lock(); c.now = c.now.Add(d); c.mu.Unlock() }
func newKey(t testing.TB, id, name string) *verifier.Key {
	t.Helper()
	key, err := verifier.NewKey(id, &testKey(t, name).PublicKey)
	require.NoError(t, err)
	return key
}

// viewers are those whom a compiled rule set is compared for.
var viewers = []accessrules.Viewer{
	{},
	{Addr: netip.MustParseAddr("203.0.113.9")},
	{Addr: netip.MustParseAddr("9.9.9.9")},
	{Addr: netip.MustParseAddr("198.51.100.9"), Country: accessrules.CountryUnknown},
	{Addr: netip.MustParseAddr("2001:db8::1"), Country: accessrules.ParseCountry("US")},
	{Addr: netip.MustParseAddr("9.9.9.9"), Country: accessrules.ParseCountry("KP")},
	{Addr: netip.MustParseAddr("9.9.9.9"), Country: accessrules.ParseCountry("DE")},
}

// answer is all that a check says.
type answer struct {
	Refusal streamtoken.Refusal
	Subject string
	KeyID   string
	Digest  string
	Expires time.Time
	Claims  string
	Rules   [7]accessrules.Verdict // of the viewers

	download, allowed bool
}

func answerOf(token *verifier.Token, err error) (a answer, fault error) {
	if err != nil {
		refusal, ok := err.(*streamtoken.Refusal)
		if !ok || refusal == nil || refusal.Reason == "" || token != nil {
			return a, fmt.Errorf("a refusal of another kind: token %v, %T %v", token, err, err)
		}
		a.Refusal = *refusal
		return a, nil
	}
	if token == nil {
		return a, fmt.Errorf("neither a token nor an error")
	}
	a = answer{
		Subject: token.Subject(), KeyID: token.KeyID(), Digest: token.Digest(), Expires: token.Expires(),
		Claims: string(token.Claims().AppendJSON(nil)), download: token.Downloadable(), allowed: true,
	}
	for i, viewer := range viewers {
		a.Rules[i] = token.Rules().Decide(viewer)
	}
	return a, nil
}

// twins are verifiers that differ in their memory alone.
type twins struct {
	t       testing.TB
	warm    []*verifier.Verifier // with one, of different sizes
	none    *verifier.Verifier   // the reference: without
	keys    *switchKeys
	revoked *switchRevocations
	clock   *handClock
}

const (
	coldLimit = 4
	kidC      = "key-c" // no key of the usual set
)

func newTwins(t testing.TB, change ...func(*verifier.Config)) *twins {
	t.Helper()
	w := &twins{
		t:       t,
		keys:    newSwitchKeys(newKey(t, kidA, "a"), newKey(t, kidB, "b")),
		revoked: &switchRevocations{},
		clock:   &handClock{now: at},
	}
	cfg := verifier.Config{Keys: w.keys, Revocations: w.revoked, Now: w.clock.Now, ColdLimit: coldLimit}
	for _, c := range change {
		c(&cfg)
	}
	for _, size := range []int64{0, 64 << 10, 4 << 10, -1} {
		cfg.CacheBytes = size
		v, err := verifier.New(cfg)
		require.NoError(t, err)
		w.warm, w.none = append(w.warm, v), v
	}
	w.warm = w.warm[:len(w.warm)-1]
	return w
}

// verify asks all of them, those with a memory twice, and gives the one answer.
func (w *twins) verify(token string) streamtoken.Reason {
	w.t.Helper()
	want, fault := answerOf(w.none.Verify(context.Background(), token))
	require.NoError(w.t, fault)
	for _, v := range w.warm {
		for range 2 {
			got, fault := answerOf(v.Verify(context.Background(), token))
			require.NoError(w.t, fault)
			require.Equal(w.t, want, got)
		}
	}
	return want.Refusal.Reason
}

// require asks for each of the tokens.
func (w *twins) require(want streamtoken.Reason, tokens ...string) {
	w.t.Helper()
	for _, token := range tokens {
		require.Equal(w.t, want, w.verify(token))
	}
}
