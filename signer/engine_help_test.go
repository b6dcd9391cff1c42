package signer_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"iter"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/signer"
)

// fake is an Engine and its own Batch. Until hook is set it signs with crypto/rsa, so that it passes what New asks of it.
type fake struct {
	size    int
	prepare error
	key     *rsa.PrivateKey

	mu    sync.Mutex
	hook  func(sigs [][]byte, digests [][sha256.Size]byte) error
	sizes []int // of the batches since the hook was set
}

func (f *fake) Name() string { return "fake" }

func (f *fake) Prepare(key *rsa.PrivateKey) (signer.Batch, error) {
	f.key = key
	return f, f.prepare
}

func (f *fake) Size() int { return f.size }

func (f *fake) Sign(sigs [][]byte, digests [][sha256.Size]byte) error {
	f.mu.Lock()
	hook := f.hook
	f.sizes = append(f.sizes, len(digests))
	f.mu.Unlock()
	if hook == nil {
		return f.real(sigs, digests)
	}
	return hook(sigs, digests)
}

func (f *fake) real(sigs [][]byte, digests [][sha256.Size]byte) error {
	for i := range digests {
		sig, err := rsa.SignPKCS1v15(nil, f.key, crypto.SHA256, digests[i][:])
		if err != nil {
			return err
		}
		if len(sigs) != len(digests) || len(sigs[i]) != len(sig) {
			return errors.New("not the room that was promised")
		}
		copy(sigs[i], sig)
	}
	return nil
}

// cheap is a hook that "signs" in no time: the digest, over and over.
func cheap(sigs [][]byte, digests [][sha256.Size]byte) error {
	for i := range sigs {
		for j := range sigs[i] {
			sigs[i][j] = digests[i][j%sha256.Size]
		}
	}
	return nil
}

// set puts a hook in place and forgets the batches before it.
func (f *fake) set(hook func(sigs [][]byte, digests [][sha256.Size]byte) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hook, f.sizes = hook, nil
}

func (f *fake) batches() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]int{}, f.sizes...)
}

// with gives a Signer that uses f.
func with(t testing.TB, f *fake) *signer.Signer {
	t.Helper()
	s, err := signer.New(signer.Config{Key: parse(t, read(t, "a.json"), ""), Now: clock, Engine: f})
	require.NoError(t, err)
	name, why := s.Engine()
	require.Equal(t, "fake", name)
	require.Empty(t, why)
	return s
}

// cheapSigner signs in no time, in batches of eight.
func cheapSigner(t testing.TB) (*signer.Signer, *fake) {
	t.Helper()
	f := &fake{size: 8}
	s := with(t, f)
	f.set(cheap)
	return s, f
}

// processors sets GOMAXPROCS for one test.
func processors(t testing.TB, n int) {
	before := runtime.GOMAXPROCS(n)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

func subject(i int) string { return "video-" + strconv.Itoa(i) }

// videos are n claims that differ.
func videos(n int) iter.Seq[streamtoken.Claims] {
	return func(yield func(streamtoken.Claims) bool) {
		for i := range n {
			if !yield(streamtoken.Claims{Subject: subject(i), AccessRules: fiveRules()[:i%6]}) {
				return
			}
		}
	}
}
