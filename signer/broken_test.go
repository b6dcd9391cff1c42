package signer_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/signer"
)

// fickle is an Engine whose batches change their size.
type fickle struct {
	fake
	sizes []int
}

func (f *fickle) Prepare(key *rsa.PrivateKey) (signer.Batch, error) {
	_, err := f.fake.Prepare(key)
	return f, err
}

func (f *fickle) Size() int {
	size := f.sizes[0]
	f.sizes = append(f.sizes[1:], size)
	return size
}

// TestFickleSize: the size of a batch is what it was when the Signer was made.
func TestFickleSize(t *testing.T) {
	for _, sizes := range [][]int{{8, 0}, {8, -1}, {1, 1 << 30}, {3, 8}} {
		s, err := signer.New(signer.Config{Key: parse(t, read(t, "a.json"), ""), Now: clock, Engine: &fickle{sizes: slices.Clone(sizes)}})
		require.NoError(t, err)
		_, why := s.Engine()
		require.Empty(t, why)
		token, err := s.Sign(streamtoken.Claims{Subject: uid})
		require.NoError(t, err)
		require.Equal(t, bySlowPath(t, s, rawKey(t, "a"), streamtoken.Claims{Subject: uid}), token)
		require.Len(t, gather(s, videos(10)), 10)
	}
}

// TestEngineStillWriting: what an engine does to a batch that it gave up, if a goroutine of its own was not told, comes into
// no other token.
func TestEngineStillWriting(t *testing.T) {
	processors(t, 1)
	for name, giveUp := range map[string]func() error{
		"an error": func() error { return errors.New("out of order") },
		"a panic":  func() error { panic("x") },
		"an exit":  func() error { runtime.Goexit(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			s, f := cheapSigner(t)
			var late []func()
			failing := func(sigs [][]byte, digests [][sha256.Size]byte) error {
				same := slices.Clone(sigs)
				late = append(late, func() {
					for i := range sigs {
						digests[i][0]++
						if same[i] != nil {
							same[i][0]++
						}
						if sigs[i] != nil {
							sigs[i][0]++
						}
					}
				})
				return giveUp()
			}
			fine := func(sigs [][]byte, digests [][sha256.Size]byte) error {
				for _, do := range late {
					do()
				}
				err := cheap(sigs, digests)
				for _, do := range late {
					do()
				}
				return err
			}
			for range 5 {
				f.set(failing)
				apart(func() { _, _ = s.Sign(streamtoken.Claims{Subject: uid}) })
				apart(func() { gather(s, videos(9)) })
				f.set(fine)
				token, err := s.Sign(streamtoken.Claims{Subject: uid})
				require.NoError(t, err)
				require.True(t, validCheap(token))
				for token, err := range s.SignAll(context.Background(), videos(20)) {
					require.NoError(t, err)
					require.True(t, validCheap(token))
				}
			}
		})
	}
}

// apart calls f on a goroutine that f may end.
func apart(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

// TestPanicWithNil: where GODEBUG=panicnil=1 brings back the panic that recover does not show, it is one nevertheless.
func TestPanicWithNil(t *testing.T) {
	t.Setenv("GODEBUG", "panicnil=1")
	func() {
		defer func() { require.Nil(t, recover()) }()
		panic(nil)
	}()

	s, f := cheapSigner(t)
	f.set(func([][]byte, [][sha256.Size]byte) error { panic(nil) })
	token, err := s.Sign(streamtoken.Claims{Subject: uid})
	require.EqualError(t, err, "signer: the engine panicked")
	require.Empty(t, token)

	s, err = signer.New(signer.Config{Key: parse(t, read(t, "a.json"), ""), Now: clock,
		Engine: engineFunc(func(*rsa.PrivateKey) (signer.Batch, error) { panic(nil) })})
	require.NoError(t, err)
	what, why := s.Engine()
	require.Equal(t, "crypto/rsa", what)
	require.Equal(t, "the engine panicked", why)
	_, err = s.Sign(streamtoken.Claims{Subject: uid})
	require.NoError(t, err)

	hsm := unlockHSM()
	key, err := signer.NewKey("hsm", kms{hsm.Public, func([]byte, crypto.SignerOpts) ([]byte, error) { panic(nil) }})
	require.NoError(t, err)
	token, err = newSigner(t, key, clock).Sign(streamtoken.Claims{Subject: uid})
	require.EqualError(t, err, "signer: the crypto.Signer panicked")
	require.Empty(t, token)

	key, err = signer.NewKey("hsm", kms{func() crypto.PublicKey { panic(nil) }, nil})
	require.ErrorContains(t, err, "panicked")
	require.Nil(t, key)
}
