package rsavec

// join sets s.s to the number below n that is mp modulo p and mq modulo q
// (Garner's formula):
//
//	h = (mp - mq)/q mod p;  mq + h*q
func (k *Private) join(s *Scratch) {
	// mp + 2p - mq is above 0, q having no more bits than p, and below 3p.
	n := k.p.m.n()
	var borrow row
	for i := range s.x {
		for lane := range Lanes {
			d := s.mp[i][lane] + 2*n[i][lane] - s.mq[i][lane] + borrow[lane]
			s.x[i][lane] = d & limbMask
			borrow[lane] = uint64(int64(d) >> limbBits)
		}
	}
	mul(&s.x, &s.x, &k.qinv, &k.p.m) // below 2p
	canonical(s.x[:], n[:], s.y[:])

	t := s.columns()
	*t = wide{}
	copy(t[:], s.mq[:])
	product(t, &s.x, k.q.m.n())
	carry(s.s[:], t[:], 0)
}
