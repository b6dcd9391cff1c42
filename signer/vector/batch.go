package vector

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"math/bits"
	"sync"

	"github.com/streamtoken/streamtoken/internal/rsavec"
)

// lanes are numbers of the size of the modulus, one for each digest of a batch.
type lanes = [rsavec.Lanes][rsavec.Size]byte

// batch is a prepared key. Both forms of the key are behind functions, because printers that walk values by reflection
// cannot look into one.
type batch struct {
	engine *Engine
	power  func(s *rsavec.Scratch, out, em *lanes) (good uint8)          // rsavec.Private.Sign
	plain  func(digest *[sha256.Size]byte) (signature []byte, err error) // crypto/rsa
}

func newBatch(e *Engine, key *rsa.PrivateKey, power func(s *rsavec.Scratch, out, em *lanes) uint8) *batch {
	return &batch{engine: e, power: power, plain: func(digest *[sha256.Size]byte) ([]byte, error) {
		return rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	}}
}

// room is the memory of one calculation. Power wipes the scratch; em and out are as public as the tokens.
type room struct {
	scratch *rsavec.Scratch
	em, out lanes
}

var rooms = sync.Pool{New: func() any { return &room{scratch: rsavec.NewScratch()} }}

// Size implements signer.Batch.
func (b *batch) Size() int { return rsavec.Lanes }

// Sign implements signer.Batch. A batch of one takes as long as one of eight, which is still less than crypto/rsa takes for
// one signature; so every batch is calculated here.
func (b *batch) Sign(sigs [][]byte, digests [][sha256.Size]byte) error {
	if len(digests) < 1 || len(digests) > rsavec.Lanes || len(sigs) != len(digests) {
		return errors.New("vector: a batch has 1 to 8 digests and as many signatures")
	}
	for _, sig := range sigs {
		if len(sig) != rsavec.Size {
			return errors.New("vector: a signature has 256 bytes")
		}
	}
	r := rooms.Get().(*room)
	for i := range r.em {
		if i < len(digests) {
			rsavec.Encode(&r.em[i], &digests[i])
		} else {
			r.em[i] = [rsavec.Size]byte{} // not what was there: nobody asked for its signature
		}
	}
	good := b.power(r.scratch, &r.out, &r.em)
	made := bits.OnesCount8(good & (1<<len(digests) - 1))
	b.engine.batches.Add(1)
	b.engine.signatures.Add(uint64(made))
	b.engine.faults.Add(uint64(len(digests) - made))
	err := b.collect(sigs, digests, r, good)
	rooms.Put(r)
	return err
}

// collect copies the signatures that are good and has crypto/rsa make the others. One with a fault in one of the two halves
// of its calculation would give the key to whoever sees it (Boneh, DeMillo and Lipton 1997); crypto/rsa checks its own too.
func (b *batch) collect(sigs [][]byte, digests [][sha256.Size]byte, r *room, good uint8) error {
	for i := range sigs {
		if good>>i&1 != 0 {
			copy(sigs[i], r.out[i][:])
			continue
		}
		sig, err := b.plain(&digests[i])
		if err != nil {
			return err
		}
		copy(sigs[i], sig)
	}
	return nil
}
