package rsavec

const squarings = 16 // 65537 is 2^16 + 1

// raise sets s.v to s.s to the power 65537 modulo n, or n more than that.
func (k *Private) raise(s *Scratch) {
	s.multiply(&s.s, &k.n2)
	k.reduce(s) // in Montgomery's form, R being 2^2080 here
	for range squarings {
		s.square()
		k.reduce(s)
	}
	s.multiply(&s.v, &s.s)
	k.reduce(s) // and out of it, as s.s was not in it
}

// parts are the columns of the products of lower halves, of different ones,
// and of upper halves.
func (s *Scratch) parts() (low, middle, high *wide) {
	return (*wide)(s.t[:]), (*wide)(s.t[limbs:]), (*wide)(s.t[2*limbs:])
}

// multiply sets the columns to a*b.
func (s *Scratch) multiply(a, b *wide) {
	s.t = [4 * limbs]row{}
	low, middle, high := s.parts()
	product(low, a.low(), b.low())
	product(middle, a.low(), b.high())
	product(middle, a.high(), b.low())
	product(high, a.high(), b.high())
}

// square sets the columns to the square of s.v.
func (s *Scratch) square() {
	low, middle, high := s.parts()
	squareColumns(low, s.v.low())
	squareColumns(high, s.v.high())
	carry(s.x[:], s.v.high()[:], 1)
	product(middle, s.v.low(), &s.x)
}

// reduce sets s.v to the columns divided by R = 2^2080, modulo n, by
// Montgomery's reduction in two halves of twenty limbs. Of a product of
// factors below 2n, the result is below 4n*n/R + n, which is below 2n; of the
// last, which has a factor in Montgomery's form and one below n, it is below
// n + n/2^30.
func (k *Private) reduce(s *Scratch) {
	low, middle, high := s.parts()
	reduce(low, &s.quotient, k.n.low(), &k.k0)
	product(middle, &s.quotient, k.n.high())
	reduce(middle, &s.quotient, k.n.low(), &k.k0)
	product(high, &s.quotient, k.n.high())
	carry(s.v[:], high[:], 0)
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
