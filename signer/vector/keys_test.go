package vector

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/rsavec"
)

// TestFreshKeys is what many keys are tested with in the integration test, in small.
func TestFreshKeys(t *testing.T) {
	if !rsavec.Supported() {
		sameBytes(t, 1, 8) // the twin takes a quarter of a second for them
		return
	}
	sameBytes(t, 8, 128)
}

// sameBytes makes keys and has each sign its digests. There is one signature that rsa.VerifyPKCS1v15 takes, the one that
// crypto/rsa makes: it compares the whole encoded message, and refuses numbers from the modulus on. Every 64th is made by
// crypto/rsa, too, and compared.
func sameBytes(t *testing.T, keys, each int) {
	e := New()
	todo := make(chan int)
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for k := range todo {
				key, err := rsa.GenerateKey(rand.Reader, 8*rsavec.Size)
				if err != nil {
					t.Error(err)
					continue
				}
				b, err := e.prepare(key)
				if err != nil {
					t.Error(err)
					continue
				}
				for n := 0; n < each; n += rsavec.Lanes {
					in, out := digests(rsavec.Lanes, k*each+n), blank(rsavec.Lanes)
					if err := b.Sign(out, in); err != nil || !allHold(key, in, out, n%(8*rsavec.Lanes) == 0) {
						t.Errorf("another signature, or %v, of the key of\n%x\n%x", err, key.Primes[0], key.Primes[1]) // a key of this test alone
						break
					}
				}
			}
		})
	}
	for k := range keys {
		todo <- k
	}
	close(todo)
	group.Wait()
	require.Equal(t, Stats{Signatures: uint64(keys * each), Batches: uint64(keys * each / rsavec.Lanes)}, e.Stats())
}

func allHold(key *rsa.PrivateKey, digests [][sha256.Size]byte, sigs [][]byte, remake bool) bool {
	for i := range digests {
		if rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, digests[i][:], sigs[i]) != nil {
			return false
		}
	}
	if !remake {
		return true
	}
	sig, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digests[0][:])
	return err == nil && string(sig) == string(sigs[0])
}
