package verifier_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/verifier"
)

// keyDir is a directory of key files that a test changes.
type keyDir struct {
	t    *testing.T
	path string
}

func newKeyDir(t *testing.T) keyDir { t.Helper(); return keyDir{t, t.TempDir()} }

func (d keyDir) at(name string) string { return filepath.Join(d.path, name) }

// put replaces a file at once, as a deployment does.
func (d keyDir) put(name string, data []byte) string {
	d.t.Helper()
	require.NoError(d.t, os.WriteFile(d.at("."+name), data, 0o600))
	require.NoError(d.t, os.Rename(d.at("."+name), d.at(name)))
	return d.at(name)
}

func (d keyDir) remove(name string) { d.t.Helper(); require.NoError(d.t, os.Remove(d.at(name))) }

// set is the JWK Set of some test keys.
func set(t *testing.T, names ...string) []byte {
	var members []any
	for _, n := range names {
		members = append(members, member(t, n, nil))
	}
	return jwkSet(t, members...)
}

// syncLog is a log that may be read while it is written.
type syncLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *syncLog) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.b.Write(p) }
func (l *syncLog) count(s string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), s)
}

// follow starts with a poll nobody waits for: what changes, changed by events or by Check.
func followKeys(t *testing.T, cfg verifier.FollowConfig) (*verifier.FollowedKeys, *syncLog) {
	t.Helper()
	log := &syncLog{}
	cfg.Log = slog.New(slog.NewTextHandler(log, nil))
	if cfg.Poll == 0 {
		cfg.Poll = time.Hour
	}
	f, err := verifier.Follow(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f, log
}

func keyOf(t *testing.T, s verifier.KeySet, id string) *verifier.Key {
	t.Helper()
	k, err := s.Key(id)
	require.NoError(t, err)
	require.Equal(t, id, k.ID())
	return k
}

func TestFollowFile(t *testing.T) {
	d := newKeyDir(t)
	path := d.put("keys.json", set(t, "a", "b"))
	f, log := followKeys(t, verifier.FollowConfig{Paths: []string{path}})
	keyOf(t, f, idB)
	require.ElementsMatch(t, []string{idA, idB}, f.IDs())
	a := keyOf(t, f, idA)

	d.put("keys.json", set(t, "c", "a"))
	require.NoError(t, f.Check())
	require.Same(t, a, keyOf(t, f, idA), "unchanged material keeps its pointer")
	k, err := f.Key(idB)
	require.ErrorIs(t, err, streamtoken.ReasonKeyUnknown, "a key that is gone stops verifying")
	require.Nil(t, k)
	keyOf(t, f, idC)
	require.Equal(t, 1, log.count("public keys changed"))

	for name, bad := range map[string][]byte{
		"private":   keyForm(t, "b.json"),
		"empty set": []byte(`{"keys":[]}`),
		"torn":      set(t, "a")[:50],
		"empty":     nil,
		"kid twice": set(t, "a", "a"),
	} {
		d.put("keys.json", bad)
		require.Error(t, f.Check(), name)
		require.ElementsMatch(t, []string{idA, idC}, f.IDs(), name)
	}
	d.put("keys.json", keyForm(t, "b.json"))
	require.ErrorIs(t, f.Check(), verifier.ErrPrivateKey)
	d.remove("keys.json")
	require.ErrorIs(t, f.Check(), os.ErrNotExist)
	require.Same(t, a, keyOf(t, f, idA), "a file that is missing for a moment denies nobody")

	d.put("keys.json", jwkSet(t, member(t, "b", map[string]any{"kid": idA}), map[string]any{"kty": "EC", "kid": "ec"}))
	require.NoError(t, f.Check())
	require.Equal(t, []string{idA}, f.IDs())
	require.NotSame(t, a, keyOf(t, f, idA), "another key under the same id is another pointer")
	require.Equal(t, 1, log.count("key ec was skipped"))

	require.NoError(t, f.Close())
	require.Error(t, f.Check())
	keyOf(t, f, idA)
}

// Without Check: by the system's events alone.
func TestFollowByItself(t *testing.T) {
	d := newKeyDir(t)
	f, _ := followKeys(t, verifier.FollowConfig{Paths: []string{d.put("keys.json", set(t, "a"))}})
	d.put("keys.json", set(t, "b"))
	require.Eventually(t, func() bool { _, err := f.Key(idB); return err == nil }, 10*time.Second, 5*time.Millisecond)
	_, err := f.Key(idA)
	require.ErrorIs(t, err, streamtoken.ReasonKeyUnknown)
}

func TestFollowDirectory(t *testing.T) {
	d := newKeyDir(t)
	d.put("a.pub.pem", keyForm(t, "a.pub.pem"))
	d.put("anything.jwks", set(t, "b"))
	d.put("README.txt", []byte("not a key"))
	d.put(".hidden.json", keyForm(t, "c.json"))
	f, log := followKeys(t, verifier.FollowConfig{Paths: []string{d.path}})
	require.Equal(t, []string{"a", idB}, f.IDs())
	a := keyOf(t, f, "a")

	d.put("C.PEM", keyForm(t, "c.pub.pem"))
	d.put("d.pub", keyForm(t, "c.pub.pem"))
	d.put("e.jwk", mustJSON(t, member(t, "c", nil)))
	d.remove("anything.jwks")
	require.NoError(t, f.Check())
	require.Equal(t, []string{"C", "a", idC, "d"}, f.IDs())
	require.Same(t, a, keyOf(t, f, "a"))

	d.put("private.pem", keyForm(t, "b.pem")) // first: a look between the two steps must not change what follows
	d.remove("e.jwk")
	require.ErrorIs(t, f.Check(), verifier.ErrPrivateKey)
	require.ErrorContains(t, f.Check(), "private.pem")
	require.Equal(t, []string{"C", "a", idC, "d"}, f.IDs(), "one bad file refuses the directory whole")
	d.remove("private.pem")
	require.NoError(t, f.Check())
	require.Equal(t, []string{"C", "a", "d"}, f.IDs())

	d.put("a.json", mustJSON(t, member(t, "b", map[string]any{"kid": "d"})))
	d.remove("C.PEM")
	require.NoError(t, f.Check())
	require.Equal(t, []string{"a", "d"}, f.IDs())
	require.True(t, keyOf(t, f, "d").Public().Equal(&testKey(t, "c").PublicKey), "the newcomer is ignored although its file sorts first")
	require.Equal(t, 1, log.count("public key ignored"))

	d.remove("a.json")
	d.remove("a.pub.pem")
	require.NoError(t, f.Check())
	require.Equal(t, []string{"d"}, f.IDs())
	d.remove("d.pub")
	require.ErrorContains(t, f.Check(), "no public keys in")
	require.Equal(t, []string{"d"}, f.IDs(), "none left: refused")
}

func TestFollowTwoSources(t *testing.T) {
	d := newKeyDir(t)
	one, two := d.put("one.json", set(t, "a", "b")), d.put("two.json", set(t, "b", "c"))
	f, log := followKeys(t, verifier.FollowConfig{Paths: []string{one, two}})
	require.ElementsMatch(t, []string{idA, idB, idC}, f.IDs(), "the same material twice is one key")
	b := keyOf(t, f, idB)

	d.put("one.json", set(t, "a"))
	require.NoError(t, f.Check())
	require.Same(t, b, keyOf(t, f, idB), "the other source still offers it")

	// The first path offers another key under an id in force: it is the newcomer all the same.
	foreign := member(t, "c", map[string]any{"kid": idB})
	d.put("one.json", jwkSet(t, member(t, "a", nil), foreign))
	require.NoError(t, f.Check())
	require.Same(t, b, keyOf(t, f, idB))
	require.Equal(t, 1, log.count("public key ignored"))
	d.put("two.json", set(t, "b")) // another change does not repeat it
	require.NoError(t, f.Check())
	require.Equal(t, 1, log.count("public key ignored"))

	d.put("two.json", set(t, "c")) // the key in force is no longer offered
	require.NoError(t, f.Check())
	require.True(t, keyOf(t, f, idB).Public().Equal(&testKey(t, "c").PublicKey))

	// One source that fails does not hold up the other, and Check tells.
	d.put("one.json", []byte("{"))
	d.put("two.json", set(t, "a"))
	require.ErrorContains(t, f.Check(), "one.json")
	_, err := f.Key(idC)
	require.ErrorIs(t, err, streamtoken.ReasonKeyUnknown)
}

func TestFollowKeyID(t *testing.T) {
	d := newKeyDir(t)
	pem, jwks := d.put("x.pem", keyForm(t, "a.pub.pem")), d.put("b.json", set(t, "b"))
	f, _ := followKeys(t, verifier.FollowConfig{Paths: []string{pem, jwks}, KeyID: "k"})
	require.Equal(t, []string{idB, "k"}, f.IDs(), "beside PEM, a set with its own ids is no contradiction")
	k := keyOf(t, f, "k")
	d.put("x.pem", append([]byte("\n"), keyForm(t, "a.pub.pem")...))
	require.NoError(t, f.Check())
	require.Same(t, k, keyOf(t, f, "k"))
}

func TestFollowAndLoadRefuse(t *testing.T) {
	d := newKeyDir(t)
	empty := newKeyDir(t)
	mixed := newKeyDir(t)
	mixed.put("k.pem", keyForm(t, "a.pub.pem"))
	mixed.put("k.pub", keyForm(t, "b.pub.pem"))
	private := newKeyDir(t)
	private.put("a.jwks", set(t, "a"))
	private.put("b.json", keyForm(t, "b.answer.json"))
	a := d.put("a.json", set(t, "a"))
	pem := d.put("a.pem", keyForm(t, "a.pub.pem"))
	pemB := d.put("b.pem", keyForm(t, "b.pub.pem"))
	answer := d.put("answer.json", keyForm(t, "a.json"))
	fake := d.put("fake.json", jwkSet(t, member(t, "b", map[string]any{"kid": idA})))
	cases := map[string]struct {
		paths []string
		id    string
		err   string
	}{
		"no path":                   {nil, "", "no file or directory"},
		"missing":                   {[]string{a, d.at("none")}, "", "no such file"},
		"empty directory":           {[]string{a, empty.path}, "", "no public keys in"},
		"conflict":                  {[]string{a, fake}, "", "one key id with different keys"},
		"conflict in a directory":   {[]string{mixed.path}, "", "one key id with different keys"},
		"two PEM, one id":           {[]string{pem, pemB}, "k", "one key id with different keys"},
		"PEM without id":            {[]string{pem}, "", "carries no id"},
		"id contradicts":            {[]string{a}, "k", "key id k was asked for"},
		"id for a directory":        {[]string{private.path}, "k", "in a directory the file's name is its id"},
		"private file":              {[]string{a, answer}, "", verifier.ErrPrivateKey.Error()},
		"private in directory":      {[]string{private.path}, "", verifier.ErrPrivateKey.Error()},
		"private, in spite of path": {[]string{answer}, idA, "streamtoken jwks"},
		"the null device":           {[]string{os.DevNull}, "", "not a regular file"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f, err := verifier.Follow(verifier.FollowConfig{Paths: c.paths, KeyID: c.id})
			require.ErrorContains(t, err, c.err)
			require.Nil(t, f)
			s, warnings, err := verifier.LoadKeys(c.paths, c.id)
			require.ErrorContains(t, err, c.err)
			require.Nil(t, s)
			require.Nil(t, warnings)
			if strings.HasPrefix(name, "private") {
				require.ErrorIs(t, err, verifier.ErrPrivateKey)
			}
		})
	}
}

func TestLoadKeys(t *testing.T) {
	d := newKeyDir(t)
	sub := newKeyDir(t)
	sub.put("k.pem", keyForm(t, "c.pub.pem"))
	paths := []string{
		d.put("a.json", jwkSet(t, member(t, "a", nil), map[string]any{"kty": "EC", "kid": "ec"})),
		d.put("b.pem", keyForm(t, "b.pub.pem")),
		d.put("again.json", set(t, "a")),
		sub.path,
	}
	s, warnings, err := verifier.LoadKeys(paths, "b")
	require.NoError(t, err)
	require.Equal(t, []string{idA, "b", "k"}, s.IDs())
	require.Len(t, warnings, 1)
	require.Contains(t, warnings[0], "a.json: key ec was skipped")
	keyOf(t, s, "k")
	_, err = s.Key(idB)
	require.ErrorIs(t, err, streamtoken.ReasonKeyUnknown)
}

// The zero value knows no key, and says that this is nothing about the token.
func TestZeroFollowedKeys(t *testing.T) {
	var f verifier.FollowedKeys
	_, err := f.Key(idA)
	require.ErrorIs(t, err, streamtoken.ReasonKeysUnavailable)
	require.Empty(t, f.IDs())
	require.NoError(t, f.Close())
}

// Readers, reloads and a Close at once, for the race detector: a key that every version holds is always found, and is always
// the same one.
func TestFollowConcurrently(t *testing.T) {
	d := newKeyDir(t)
	path := d.put("keys.json", set(t, "a"))
	f, _ := followKeys(t, verifier.FollowConfig{Paths: []string{path}, Poll: time.Millisecond})
	a := keyOf(t, f, idA)
	versions := [][]byte{set(t, "a", "b"), set(t, "c", "a"), []byte("{"), set(t, "a")}
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if k, err := f.Key(idA); err != nil || k != a {
					t.Errorf("key a: %v, %v", k, err)
					return
				}
				f.IDs()
			}
		})
	}
	for i := range 40 {
		d.put("keys.json", versions[i%len(versions)])
		_ = f.Check()
	}
	require.NoError(t, f.Close())
	close(stop)
	wg.Wait()
}
