package verifier_test

import (
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"weak"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/verifier"
	"github.com/streamtoken/streamtoken/verifier/vector"
)

const plainPayload = `{"sub":"v","exp":1800003600}`

func keyA(t testing.TB) *verifier.Key {
	t.Helper()
	key, err := verifier.NewKey(kidA, &testKey(t, "a").PublicKey)
	require.NoError(t, err)
	return key
}

// keysOf is a set of these keys.
func keysOf(t testing.TB, keys ...*verifier.Key) func(*verifier.Config) {
	t.Helper()
	set, err := verifier.NewStaticKeys(keys...)
	require.NoError(t, err)
	return func(cfg *verifier.Config) { cfg.Keys = set }
}

// TestEngineJudges: what the engine says of a signature is what counts, in both
// directions, and it is asked about nothing that was refused before.
func TestEngineJudges(t *testing.T) {
	good := sign(t, testKey(t, "a"), header(kidA), plainPayload)
	forged := good[:len(good)-6] + "AAAA" + good[len(good)-2:]
	cut := strings.LastIndexByte(good, '.')
	for _, c := range []struct {
		name, token string
		says        bool
		want        streamtoken.Reason
		asked       int64
	}{
		{"good, and it says so", good, true, "", 1},
		{"good, and it says no", good, false, streamtoken.ReasonSignatureInvalid, 1},
		{"forged, and it says no", forged, false, streamtoken.ReasonSignatureInvalid, 1},
		{"forged, and it says good", forged, true, "", 1},
		{"a byte short", good[:cut+1] + b64(strings.Repeat("s", 255)), true, streamtoken.ReasonSignatureInvalid, 0},
		{"a byte long", good[:cut+1] + b64(strings.Repeat("s", 257)), true, streamtoken.ReasonSignatureInvalid, 0},
		{"one byte", good[:cut+1] + b64("s"), true, streamtoken.ReasonSignatureInvalid, 0},
		{"no signature", good[:cut+1], true, streamtoken.ReasonTokenMalformed, 0},
		{"an unknown key", sign(t, testKey(t, "c"), header("c"), plainPayload), true, streamtoken.ReasonKeyUnknown, 0},
		{"another algorithm", b64(`{"alg":"none","kid":"`+kidA+`"}`) + good[strings.IndexByte(good, '.'):], true, streamtoken.ReasonAlgNotAllowed, 0},
		{"claims after the signature", sign(t, testKey(t, "a"), header(kidA), `{}`), true, streamtoken.ReasonClaimsInvalid, 1},
		{"time after the signature", sign(t, testKey(t, "a"), header(kidA), `{"sub":"v","exp":1}`), true, streamtoken.ReasonTokenExpired, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := &fakeEngine{verify: func(pub *rsa.PublicKey, digest *[sha256.Size]byte, sig []byte) bool {
				require.True(t, pub.Equal(&testKey(t, "a").PublicKey))
				require.Equal(t, sha256.Sum256([]byte(c.token[:strings.LastIndexByte(c.token, '.')])), *digest)
				require.Equal(t, unb64(c.token[strings.LastIndexByte(c.token, '.')+1:]), string(sig))
				require.Equal(t, len(sig), cap(sig), "what follows it in memory is none of the engine's business")
				return c.says
			}}
			tok, err := newVerifier(t, withEngine(e)).Verify(t.Context(), c.token)
			require.Equal(t, c.want, streamtoken.ReasonOf(err), "%v", err)
			require.Equal(t, err == nil, tok != nil)
			require.Equal(t, c.asked, e.verified.Load())
		})
	}
}

// TestEngineDeclines: a key, machine or mode that does not suit is left to crypto/rsa.
func TestEngineDeclines(t *testing.T) {
	good := sign(t, testKey(t, "a"), header(kidA), plainPayload)
	for _, c := range []struct {
		name string
		e    *fakeEngine
		why  string
	}{
		{"an error", &fakeEngine{prepare: func(*rsa.PublicKey) (verifier.Check, error) { return nil, errors.New("too old") }}, "fake: too old"},
		{"an error and a check", &fakeEngine{prepare: func(*rsa.PublicKey) (verifier.Check, error) {
			return fakeCheck{&fakeEngine{verify: func(*rsa.PublicKey, *[sha256.Size]byte, []byte) bool { return true }}, nil}, errors.New("too old")
		}}, "fake: too old"},
		{"nothing", &fakeEngine{prepare: func(*rsa.PublicKey) (verifier.Check, error) { return nil, nil }}, "fake: it gave no check and no reason"},
	} {
		t.Run(c.name, func(t *testing.T) {
			key := keyA(t)
			v := newVerifier(t, keysOf(t, key), withEngine(c.e))
			_, err := v.Verify(t.Context(), good)
			require.NoError(t, err)
			_, err = v.Verify(t.Context(), good[:len(good)-6]+"AAAA"+good[len(good)-2:])
			require.ErrorIs(t, err, streamtoken.ReasonSignatureInvalid)
			name, why := v.Engine(key)
			require.Equal(t, "crypto/rsa", name)
			require.Equal(t, c.why, why)
			require.EqualValues(t, 1, c.e.prepared.Load(), "it is not asked again and again")
		})
	}
}

func TestEngineTells(t *testing.T) {
	key := keyA(t)
	tell := func(v *verifier.Verifier, key *verifier.Key) string {
		name, why := v.Engine(key)
		return name + "|" + why
	}
	require.Equal(t, "crypto/rsa|", tell(newVerifier(t), key))
	require.Equal(t, "crypto/rsa|", tell(new(verifier.Verifier), key))
	require.Equal(t, "fake|", tell(newVerifier(t, withEngine(&fakeEngine{})), key))
	require.Equal(t, "crypto/rsa|", tell(newVerifier(t, withEngine(&fakeEngine{})), nil))
	require.Equal(t, "crypto/rsa|", tell(newVerifier(t, withEngine(&fakeEngine{})), new(verifier.Key)))

	name, why := newVerifier(t, withVector).Engine(key)
	t.Logf("%s %s", name, why)
	if err := vector.Available(); err != nil {
		require.Equal(t, "crypto/rsa", name)
		require.Equal(t, "vector: "+err.Error(), why)
	} else {
		require.Equal(t, "vector", name)
		require.Empty(t, why)
	}
	long, err := rsa.GenerateKey(nil, 3072)
	require.NoError(t, err)
	other, err := verifier.NewKey("long", &long.PublicKey)
	require.NoError(t, err)
	name, why = newVerifier(t, withVector).Engine(other)
	require.Equal(t, "crypto/rsa", name)
	require.NotEmpty(t, why)
}

// TestEnginePreparesOnce: a key is prepared once for each engine, whoever shares
// it, at once or later.
func TestEnginePreparesOnce(t *testing.T) {
	key := keyA(t)
	engines := make([]*fakeEngine, 3)
	for i := range engines {
		engines[i] = &fakeEngine{}
		engines[i].prepare = func(pub *rsa.PublicKey) (verifier.Check, error) {
			for range 1000 { // until the others have come to ask as well
				runtime.Gosched()
			}
			return fakeCheck{engines[i], pub}, nil
		}
	}
	good := sign(t, testKey(t, "a"), header(kidA), plainPayload)
	var verifiers []*verifier.Verifier
	for i := range 24 {
		verifiers = append(verifiers, newVerifier(t, keysOf(t, key), withEngine(engines[i%len(engines)]), func(cfg *verifier.Config) { cfg.CacheBytes = -1 }))
	}
	for range 3 {
		var wg sync.WaitGroup
		for _, v := range verifiers {
			wg.Go(func() {
				if _, err := v.Verify(t.Context(), good); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	for _, e := range engines {
		require.EqualValues(t, 1, e.prepared.Load())
		require.EqualValues(t, 3*8, e.verified.Load())
	}
	require.Equal(t, len(engines), key.PreparedCount())
}

// TestEngineManyOfThem: a program that makes engine after engine does not fill a key's memory with them.
func TestEngineManyOfThem(t *testing.T) {
	key := keyA(t)
	good := sign(t, testKey(t, "a"), header(kidA), plainPayload)
	for range 3 * verifier.EnginesPerKey {
		e := &fakeEngine{}
		v := newVerifier(t, keysOf(t, key), withEngine(e))
		for range 2 {
			_, err := v.Verify(t.Context(), good)
			require.NoError(t, err)
		}
		require.EqualValues(t, 1, e.verified.Load())
		require.LessOrEqual(t, key.PreparedCount(), verifier.EnginesPerKey)
	}
	require.Equal(t, verifier.EnginesPerKey, key.PreparedCount())
}

// TestEngineLetsKeysGo: neither a verifier nor an engine keeps a key that its set has lost.
func TestEngineLetsKeysGo(t *testing.T) {
	e := &fakeEngine{}
	keys := newSwitchKeys()
	v := newVerifier(t, withEngine(e), func(cfg *verifier.Config) { cfg.Keys, cfg.CacheBytes = keys, -1 })
	good := sign(t, testKey(t, "a"), header(kids[0]), plainPayload)
	var gone []weak.Pointer[verifier.Key]
	for range 5 {
		key, err := verifier.NewKey(kids[0], &testKey(t, "a").PublicKey)
		require.NoError(t, err)
		gone = append(gone, weak.Make(key))
		keys.put(key)
		_, err = v.Verify(t.Context(), good)
		require.NoError(t, err)
	}
	require.EqualValues(t, 5, e.prepared.Load())
	deadline := time.Now().Add(20 * time.Second)
	for _, p := range gone[:4] {
		for p.Value() != nil {
			require.True(t, time.Now().Before(deadline), "a key is still held")
			runtime.GC()
		}
	}
	runtime.KeepAlive(v)
	runtime.KeepAlive(e)
}

// TestEnginePanics: no token is accepted by a panic, nobody is left waiting, and
// the next one is judged as ever.
func TestEnginePanics(t *testing.T) {
	good := sign(t, testKey(t, "a"), header(kidA), plainPayload)
	fail := true
	for name, e := range map[string]*fakeEngine{
		"Prepare": {prepare: func(pub *rsa.PublicKey) (verifier.Check, error) {
			if fail {
				panic("a fault")
			}
			return fakeCheck{&fakeEngine{}, pub}, nil
		}},
		"Verify": {verify: func(*rsa.PublicKey, *[sha256.Size]byte, []byte) bool {
			if fail {
				panic("a fault")
			}
			return true
		}},
	} {
		t.Run(name, func(t *testing.T) {
			fail = true
			v := newVerifier(t, keysOf(t, keyA(t)), withEngine(e), func(cfg *verifier.Config) { cfg.ColdLimit = 1 })
			for range 3 {
				var tok *verifier.Token
				require.PanicsWithValue(t, "a fault", func() { tok, _ = v.Verify(t.Context(), good) })
				require.Nil(t, tok)
				require.NoError(t, v.CheckIdle(1))
			}
			require.Zero(t, v.Stats().Remembered)
			fail = false
			_, err := v.Verify(t.Context(), good)
			require.NoError(t, err)
			require.False(t, verifier.ScratchTwice())
		})
	}
}

// TestEngineHasItsOwnKey: an engine that changes what it is given changes no key.
func TestEngineHasItsOwnKey(t *testing.T) {
	key := keyA(t)
	e := &fakeEngine{prepare: func(pub *rsa.PublicKey) (verifier.Check, error) {
		pub.N.SetInt64(15)
		pub.E = 3
		return nil, errors.New("no")
	}}
	v := newVerifier(t, keysOf(t, key), withEngine(e))
	_, err := v.Verify(t.Context(), sign(t, testKey(t, "a"), header(kidA), plainPayload))
	require.NoError(t, err)
	require.True(t, key.Public().Equal(&testKey(t, "a").PublicKey))
}

type (
	listEngine struct{ _ []int }
	anyEngine  struct{ any }
)

func (listEngine) Name() string                                   { return "list" }
func (listEngine) Prepare(*rsa.PublicKey) (verifier.Check, error) { return nil, errors.New("no") }
func (anyEngine) Name() string                                    { return "any" }
func (anyEngine) Prepare(*rsa.PublicKey) (verifier.Check, error)  { return nil, errors.New("no") }

// TestEngineThatCannotBeCompared is refused at once, rather than panic with every token.
func TestEngineThatCannotBeCompared(t *testing.T) {
	for _, c := range []struct {
		e    verifier.Engine
		good bool
	}{{listEngine{}, false}, {anyEngine{[]int{1}}, false}, {anyEngine{1}, true}, {&listEngine{}, true}} {
		_, err := verifier.New(verifier.Config{Keys: staticKeys(t), Engine: c.e})
		require.Equal(t, c.good, err == nil, "%v", err)
	}
}
