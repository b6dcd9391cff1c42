package rsavec

// power sets m to c to the power d modulo p, below p; c is s.c, any number
// of 2080 bits.
//
// The exponent is read four bits at a time, the same squarings and products
// whatever they are, one with a table entry of value 1 among them (fixed
// windows: Handbook of Applied Cryptography, algorithm 14.82).
func (p *prime) power(m *octet, s *Scratch) {
	t := s.columns()
	// c = low + high*R, so c*R = low*R^2/R + high*R^3/R: each below 3p, as low
	// and high are below R, and R^2 and R^3 below p.
	base := &s.table[1]
	mul(&s.x, s.c.low(), &p.r2, &p.m)
	mul(&s.y, s.c.high(), &p.r3, &p.m)
	for i := range base {
		for lane := range base[i] {
			base[i][lane] = s.x[i][lane]&limbMask + s.y[i][lane]&limbMask
		}
	}
	carry(base[:], base[:], 0)

	s.table[0] = p.r1
	for i := 2; i < len(s.table); i += 2 {
		square(&s.table[i], &s.table[i/2], t, &p.m, 1)
		mul(&s.table[i+1], &s.table[i], base, &p.m)
	}
	choose(&s.x, &s.table, p.digits[0])
	for _, digit := range p.digits[1:] {
		square(&s.x, &s.x, t, &p.m, digitBits)
		choose(&s.y, &s.table, digit)
		mul(&s.x, &s.x, &s.y, &p.m)
	}

	// A product with 1 leaves Montgomery's form; it is below 2p.
	s.y = octet{}
	for lane := range s.y[0] {
		s.y[0][lane] = 1
	}
	mul(m, &s.x, &s.y, &p.m)
	canonical(m[:], p.m.n()[:], s.y[:])
}

// canonical subtracts n from x in the lanes where x is not below it. The
// limbs of x are below 2^52 after it, those of n always. spare is as long as
// they are.
func canonical(x, n, spare []row) {
	var borrow row // 0, or all ones
	for i := range x {
		for lane := range Lanes {
			d := x[i][lane]&limbMask - n[i][lane] + borrow[lane]
			spare[i][lane] = d & limbMask
			borrow[lane] = uint64(int64(d) >> limbBits)
		}
	}
	for i := range x {
		for lane := range Lanes {
			x[i][lane] = x[i][lane]&limbMask&borrow[lane] | spare[i][lane]&^borrow[lane]
		}
	}
}
