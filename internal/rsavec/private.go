package rsavec

import (
	"fmt"
	"io"
)

// A prime is what one exponentiation needs of its prime p below 2^1024, every
// number repeated in all lanes.
type prime struct {
	m      modulus
	r1     octet          // R mod p: one, in Montgomery's form
	r2, r3 octet          // R^2 and R^3 mod p
	digits [digits]uint64 // d mod p-1, four bits each, the most significant first
}

// digits is how many an exponent below 2^1024 has.
const digits = 1024 / digitBits

// Private is an RSA-2048 private key laid out for the vector unit. It holds no
// pointers, and is as secret as the key it was made from. Only NewPrivate makes
// one that signs; the zero value refuses all. Any number of goroutines may use
// one at once, each with a Scratch of its own.
type Private struct {
	p, q prime
	qinv octet // R/q mod p
	n    wide  // the modulus
	n2   wide  // 2^4160 mod n, the square of the R that is checked with
	k0   row   // -1/n mod 2^52
}

// Scratch is the memory of one calculation, under any key. It holds no
// pointers, and nothing but zeros while no calculation is under way. The zero
// value works too; one from NewScratch has the alignment that makes it fast.
type Scratch struct {
	table    window
	t        [4 * limbs]row // the columns of a product of 40 limbs
	c        wide           // the numbers to sign
	s, v     wide           // the signatures; these to the power 65537
	mp, mq   octet          // c to the power d, modulo p and modulo q
	x, y     octet
	quotient octet // of a reduction
}

// columns are those of a product of 20 limbs.
func (s *Scratch) columns() *wide { return (*wide)(s.t[:2*limbs]) }

// NewScratch makes the memory of one calculation, of about 35 KiB.
func NewScratch() *Scratch { return aligned[Scratch]() }

// Sign sets out[i] to em[i]^d mod n for each lane, where em[i] is a number
// below the modulus, big-endian, and reports in bit i of good that out[i] to
// the power 65537 modulo n was computed and is em[i] again. Where it is not,
// for a fault in the processor or in memory, a key whose parts do not belong
// together, or an em[i] that is not below n, out[i] is zero: a single wrong
// signature of this kind would tell the factors of n (Boneh, DeMillo and
// Lipton 1997).
//
// out and em may be the same memory. The time taken, the instructions and the
// addresses do not depend on the key or on em. s is zero when Sign returns; it
// must not be used by two at a time. Nothing is allocated.
//
// It knows nothing of padding, hashes or keys that are too short for either:
// that is for the caller.
func (k *Private) Sign(s *Scratch, out, em *[Lanes][Size]byte) (good uint8) {
	read(&s.c, em)
	k.p.power(&s.mp, s)
	k.q.power(&s.mq, s)
	k.join(s)
	k.raise(s)
	read(&s.c, em) // again: what was read wrongly would otherwise pass for what was asked for
	ok := k.compare(s)
	write(out, &s.s, &ok)
	*s = Scratch{}
	forget()
	for i := range ok {
		good |= uint8(ok[i]&1) << i
	}
	return good
}

// Wipe overwrites the key with zeros. A key that is wiped signs nothing. It
// must not be called while the key is in use.
func (k *Private) Wipe() { *k = Private{} }

// Format keeps the key out of logs and messages, whatever the verb.
func (k *Private) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "rsavec.Private") }
