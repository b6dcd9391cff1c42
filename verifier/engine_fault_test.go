package verifier_test

import (
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/verifier"
)

// TestEngineFaultWithCompany: a check that panics, or ends its goroutine, in a
// verification that others wait for, or wait behind, leaves them to make it
// themselves, and takes no place for good.
func TestEngineFaultWithCompany(t *testing.T) {
	a, a2, _ := good(t)
	for name, fault := range map[string]func(){
		"panic":  func() { panic("a fault") },
		"Goexit": runtime.Goexit,
	} {
		for _, size := range []int64{0, -1} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					crowd := make(chan struct{})
					var asked atomic.Int64
					e := &fakeEngine{verify: func(*rsa.PublicKey, *[sha256.Size]byte, []byte) bool {
						if asked.Add(1) == 1 {
							<-crowd
							fault()
						}
						return true
					}}
					v := newVerifier(t, withEngine(e), func(cfg *verifier.Config) { cfg.ColdLimit, cfg.CacheBytes = 1, size })
					led := verifyAndRecover(t.Context(), v, a)
					var held atomic.Int64
					var wg sync.WaitGroup
					for i := range 8 {
						wg.Go(func() {
							if tok, err := v.VerifyFrom(t.Context(), []string{a, a2}[i%2], uint64(i)); err == nil && tok != nil {
								held.Add(1)
							}
						})
					}
					synctest.Wait()
					require.EqualValues(t, 1, asked.Load())
					close(crowd)
					<-led
					wg.Wait()
					require.EqualValues(t, 8, held.Load())
					require.NoError(t, v.CheckIdle(1))
					require.False(t, verifier.ScratchTwice())
				})
			})
		}
	}
}

// TestEngineThatScribbles: an engine that changes what it is given, as it must
// not, changes no Token and nothing that is remembered.
func TestEngineThatScribbles(t *testing.T) {
	for _, says := range []bool{true, false} {
		e := &fakeEngine{verify: func(_ *rsa.PublicKey, digest *[sha256.Size]byte, sig []byte) bool {
			clear(digest[:])
			clear(sig)
			return says
		}}
		plain, v := newVerifier(t), newVerifier(t, withEngine(e))
		for range 3 {
			for _, key := range []string{"a", "b"} {
				kid := map[string]string{"a": kidA, "b": kidB}[key]
				token := sign(t, testKey(t, key), header(kid), `{"sub":"v-`+key+`","exp":1800003600}`)
				got, err := v.Verify(t.Context(), token)
				if !says {
					require.ErrorIs(t, err, streamtoken.ReasonSignatureInvalid)
					continue
				}
				require.NoError(t, err)
				want, err := plain.Verify(t.Context(), token)
				require.NoError(t, err)
				require.Equal(t, want.Digest(), got.Digest())
				require.Equal(t, want.Claims(), got.Claims())
				require.Equal(t, "v-"+key, got.Subject())
			}
		}
	}
}

// TestEngineNamePanics: a name is asked for by operators, not by tokens.
func TestEngineNamePanics(t *testing.T) {
	key := keyA(t)
	v := newVerifier(t, keysOf(t, key), withEngine(namelessEngine{&fakeEngine{}}))
	require.Panics(t, func() { v.Engine(key) })
	_, err := v.Verify(t.Context(), sign(t, testKey(t, "a"), header(kidA), plainPayload))
	require.NoError(t, err)
	require.NoError(t, v.CheckIdle(runtime.GOMAXPROCS(0)))
}

type namelessEngine struct{ *fakeEngine }

func (namelessEngine) Name() string { panic("a fault") }

type numberEngine struct{ scale float64 }

func (numberEngine) Name() string                                   { return "number" }
func (numberEngine) Prepare(*rsa.PublicKey) (verifier.Check, error) { return nil, errors.New("no") }

// TestEngineThatIsNotItself: one that is not equal to itself would prepare a key
// anew for every token.
func TestEngineThatIsNotItself(t *testing.T) {
	for scale, good := range map[float64]bool{1: true, math.NaN(): false} {
		_, err := verifier.New(verifier.Config{Keys: staticKeys(t), Engine: numberEngine{scale}})
		require.Equal(t, good, err == nil, "%v", err)
	}
}
