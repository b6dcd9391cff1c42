package rsavec

// A prime is what one exponentiation needs of its prime p below 2^1024.
type prime struct {
	m      modulus
	r1     octet          // R mod p: one, in Montgomery's form
	r2, r3 octet          // R^2 and R^3 mod p
	digits [digits]uint64 // d mod p-1, five bits each, the most significant first
}

// digits is how many the exponent has: it is below 2^1024.
const digits = (1024 + digitBits - 1) / digitBits

// Private is an RSA-2048 private key laid out for the vector unit, every
// number of it repeated in all lanes. It holds no pointers. Only NewPrivate
// makes one that is good for anything, and of the alignment that the assembly
// is fast with; the zero value signs nothing (its check fails). Many may sign with one Private at
// once, each with a Scratch of his own.
//
// It is as secret as the key it was made from, and is never printed: see
// String.
type Private struct {
	p, q prime
	qinv octet // R/q mod p
	unit octet // 1
	n    wide  // the modulus
	n2   wide  // 2^4160 mod n
	k0   row   // -1/n mod 2^52
}

// Scratch is the memory of one calculation, of any key. It holds no pointers,
// and nothing but zeros when no calculation is under way. The zero value is
// ready for use; one by NewScratch also has the alignment that the assembly is
// fast with.
type Scratch struct {
	table  window
	t      [4 * limbs]row // columns of a product of 40 limbs
	c      wide           // the number to sign
	x, y   octet
	mp, mq octet // c to the d, modulo p and q
	s, v   wide  // the signature; the signature to the power 65537
	q      octet // the quotients of a reduction
}

// NewScratch makes the memory of one calculation: about 56 KiB.
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

// String keeps a key out of logs and messages.
func (k *Private) String() string { return "rsavec.Private" }

// GoString is String.
func (k *Private) GoString() string { return k.String() }
