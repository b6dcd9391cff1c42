package rsavec

const squarings = 16 // 65537 is 2^16 + 1

// raise sets s.v to s.s to the power 65537 modulo n: at most n, or n more
// than it should be.
func (k *Private) raise(s *Scratch) {
	k.mulMod(s, &s.s, &k.n2) // to Montgomery's form
	for range squarings {
		k.mulMod(s, &s.v, &s.v)
	}
	k.mulMod(s, &s.v, &s.s) // and out of it
}

// mulMod sets s.v to a*b/2^2080 modulo n, by Montgomery's reduction in two
// halves of twenty limbs: below a*b/2^2080 + n, and so below 2n for a and b
// below 2n.
func (k *Private) mulMod(s *Scratch, a, b *wide) {
	s.t = [4 * limbs]row{}
	low, middle, high := (*wide)(s.t[:]), (*wide)(s.t[limbs:]), (*wide)(s.t[2*limbs:])
	product(low, a.low(), b.low())
	product(middle, a.low(), b.high())
	product(middle, a.high(), b.low())
	product(high, a.high(), b.high())

	reduce(low, &s.quotient, k.n.low(), &k.k0)
	product(middle, &s.quotient, k.n.high())
	reduce(middle, &s.quotient, k.n.low(), &k.k0)
	product(high, &s.quotient, k.n.high())
	carry(s.v[:], high[:])
}

// compare gives all ones for the lanes in which s.v is s.c modulo n, once n
// is subtracted.
func (k *Private) compare(s *Scratch) (ok row) {
	canonical(s.v[:], k.n[:], s.t[:2*limbs])
	for i := range s.v {
		for lane := range Lanes {
			ok[lane] |= s.v[i][lane] ^ s.c[i][lane]
		}
	}
	for lane := range ok {
		ok[lane] = (ok[lane]|-ok[lane])>>63 - 1
	}
	return ok
}
