package signer_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/signer"
)

// engineFunc is an Engine made of a function.
type engineFunc func(*rsa.PrivateKey) (signer.Batch, error)

func (engineFunc) Name() string                                        { return "func" }
func (f engineFunc) Prepare(key *rsa.PrivateKey) (signer.Batch, error) { return f(key) }

func TestWhatSigns(t *testing.T) {
	own := parse(t, read(t, "a.json"), "")
	hsm, err := signer.NewKey("hsm", unlockHSM())
	require.NoError(t, err)
	hooked := func(size int, hook func([][]byte, [][sha256.Size]byte) error) signer.Engine {
		return &fake{size: size, hook: hook}
	}
	for _, c := range []struct {
		name      string
		key       *signer.Key
		engine    signer.Engine
		what, why string
	}{
		{"nothing asked for", own, nil, "crypto/rsa", ""},
		{"a key that signs by itself", hsm, nil, "crypto.Signer", ""},
		{"an engine", own, &fake{size: 8}, "fake", ""},
		{"an engine of one", own, &fake{size: 1}, "fake", ""},
		{"an engine for a key that signs by itself", hsm, &fake{size: 8}, "crypto.Signer", "the key is a crypto.Signer, which signs by itself"},
		{"does not suit", own, &fake{size: 8, prepare: errors.New("fake: not here")}, "crypto/rsa", "fake: not here"},
		{"panics", own, engineFunc(func(*rsa.PrivateKey) (signer.Batch, error) { panic("x") }), "crypto/rsa", "the engine panicked"},
		{"gives nothing", own, engineFunc(func(*rsa.PrivateKey) (signer.Batch, error) { return nil, nil }), "crypto/rsa", "the engine gave nothing to sign with"},
		{"takes nothing", own, &fake{}, "crypto/rsa", "the engine gave nothing to sign with"},
		{"fails", own, hooked(8, func([][]byte, [][sha256.Size]byte) error { return errors.New("no") }), "crypto/rsa", "signer: the engine failed: no"},
		{"panics when it signs", own, hooked(8, func([][]byte, [][sha256.Size]byte) error { panic("x") }), "crypto/rsa", "signer: the engine panicked"},
		{"signs wrongly", own, hooked(8, cheap), "crypto/rsa", "the engine's signatures do not hold"},
		{"signs with another key", own, otherKey{rawKey(t, "b")}, "crypto/rsa", "the engine's signatures do not hold"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := signer.New(signer.Config{Key: c.key, Now: clock, Engine: c.engine})
			require.NoError(t, err)
			what, why := s.Engine()
			require.Equal(t, c.what, what)
			require.Equal(t, c.why, why)
			// Whatever signs, the token is the same.
			token, err := s.Sign(streamtoken.Claims{Subject: uid})
			require.NoError(t, err)
			require.Equal(t, sign(t, c.key, streamtoken.Claims{Subject: uid}), token)
		})
	}
}

// otherKey is an Engine that has its own idea of the key.
type otherKey struct{ key *rsa.PrivateKey }

func (otherKey) Name() string { return "other" }
func (o otherKey) Prepare(*rsa.PrivateKey) (signer.Batch, error) {
	return &fake{size: 8, key: o.key}, nil
}

// TestSameBytes: with an engine or without, alone or together, tokens are those of crypto/rsa.
func TestSameBytes(t *testing.T) {
	plain, fast, raw := newSigner(t, parse(t, read(t, "a.json"), ""), clock), with(t, &fake{size: 8}), rawKey(t, "a")
	for _, n := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 17, 64} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			all := slices.Collect(videos(n))
			want := make([]string, n)
			for i, c := range all {
				var err error
				want[i], err = plain.Sign(c)
				require.NoError(t, err)
				require.Equal(t, bySlowPath(t, plain, raw, c), want[i])
			}
			together := make([]string, n)
			var group sync.WaitGroup
			for i, c := range all {
				group.Go(func() { together[i], _ = fast.Sign(c) })
			}
			group.Wait()
			require.Equal(t, want, together)
			for _, s := range []*signer.Signer{plain, fast} {
				i := 0
				for token, err := range s.SignAll(context.Background(), slices.Values(all)) {
					require.NoError(t, err)
					require.Equal(t, want[i], token)
					i++
				}
				require.Equal(t, n, i)
			}
		})
	}
}

// bySlowPath mints as the standard library alone would.
func bySlowPath(t *testing.T, s *signer.Signer, key *rsa.PrivateKey, c streamtoken.Claims) string {
	t.Helper()
	c, err := s.Resolve(c)
	require.NoError(t, err)
	input := base64url(`{"alg":"RS256","kid":"`+idA+`"}`) + "." + base64url(string(c.AppendJSON(nil)))
	digest := sha256.Sum256([]byte(input))
	sig, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	require.NoError(t, err)
	return input + "." + base64url(string(sig))
}

// TestEngineFailures: a batch that goes wrong is an error of its own calls and no others.
func TestEngineFailures(t *testing.T) {
	errOut := errors.New("out of order")
	for _, c := range []struct {
		name string
		hook func(sigs [][]byte, digests [][sha256.Size]byte) error
		want string
	}{
		{"an error", func([][]byte, [][sha256.Size]byte) error { return errOut }, "signer: the engine failed: out of order"},
		{"a panic", func([][]byte, [][sha256.Size]byte) error { panic("SECRET") }, "signer: the engine panicked"},
		{"a panic without a value", func([][]byte, [][sha256.Size]byte) error { panic(nil) }, "signer: the engine panicked"},
		{"a signature of its own", func(sigs [][]byte, _ [][sha256.Size]byte) error {
			sigs[0] = make([]byte, len(sigs[0]))
			return nil
		}, "signer: the engine's signatures are not where they were to be written"},
		{"a short signature", func(sigs [][]byte, _ [][sha256.Size]byte) error {
			sigs[0] = sigs[0][:255]
			return nil
		}, "signer: the engine's signatures are not where they were to be written"},
		{"a signature that it forgot", func(sigs [][]byte, digests [][sha256.Size]byte) error {
			return cheap(sigs[1:], digests[1:]) // what was in its place was that of another token
		}, "signer: the engine's signatures are not where they were to be written"},
		{"no signature", func(sigs [][]byte, _ [][sha256.Size]byte) error {
			clear(sigs)
			return nil
		}, "signer: the engine's signatures are not where they were to be written"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fake{size: 8}
			s := with(t, f)
			f.set(c.hook)
			for range 3 {
				token, err := s.Sign(streamtoken.Claims{Subject: uid})
				require.EqualError(t, err, c.want)
				require.Empty(t, token)
			}
			n := 0
			for token, err := range s.SignAll(context.Background(), videos(20)) {
				require.EqualError(t, err, c.want)
				require.Empty(t, token)
				n++
			}
			require.Equal(t, 20, n)
			f.set(nil)
			token, err := s.Sign(streamtoken.Claims{Subject: uid})
			require.NoError(t, err)
			require.Equal(t, bySlowPath(t, s, rawKey(t, "a"), streamtoken.Claims{Subject: uid}), token)
		})
	}
	f := &fake{size: 8}
	s := with(t, f)
	f.set(func([][]byte, [][sha256.Size]byte) error { return errOut })
	_, err := s.Sign(streamtoken.Claims{Subject: uid})
	require.ErrorIs(t, err, errOut)
}

// TestBatchSizes: an engine is given no more than it takes, nor more than is sensible.
func TestBatchSizes(t *testing.T) {
	for size, most := range map[int]int{1: 1, 3: 3, 8: 8, 1000: 32} {
		f := &fake{size: size}
		s := with(t, f)
		f.set(cheap)
		for range s.SignAll(context.Background(), videos(500)) {
		}
		require.LessOrEqual(t, slices.Max(f.batches()), most)
	}
}
