package main

import "github.com/mmcloughlin/avo/reg"

// The rows of a modulus, as internal/rsavec lays it out.
const (
	foldRow = 0         // (n*c + 1) / 2^104 where n*c = -1 mod 2^104
	nRow    = limbs     // n
	k0Row   = 2 * limbs // -1/n mod 2^52
)

// The accumulator of a Montgomery product: 20 limbs of one factor times two of
// the other reach over 22 columns, and a fold two further.
const (
	reach   = limbs + 2
	columns = reach + 2
	folds   = limbs/2 - 1 // the last two limbs go one by one
)

// fold takes the two lowest columns away, two limbs m of the number T in the
// accumulator:
//
//	(T + m*n*c) / 2^104 = (T - m)/2^104 + m*fold
//
// so m needs no multiplication by -1/n, and waits for nothing but two carries.
// What is added begins at the third column.
func (g *gen) fold(c []reg.VecPhysical, mod reg.GPPhysical, spare ring) {
	g.Comment("Fold the two lowest columns, carried, into the rest.")
	g.carryInto(c[1], c[0], spare.at(0))
	g.carryInto(c[2], c[1], spare.at(1))
	g.rows(c[2:], c[0], c[1], mod, foldRow, spare)
	g.moveDown(c, 2)
}

// step adds to the accumulator the multiple of n that makes its lowest column
// a multiple of 2^52, and carries that into the next:
//
//	m = T * -1/n mod 2^52;  T + m*n
//
// The lower half of m*n[0] is what the limb lacks to 2^52, if it is not 0: it
// needs no product, as the carry is (c[0] + 2^52 - 1) >> 52 all the same. After
// the products of n[j], column j has all it gets, and then is called with j.
func (g *gen) step(c []reg.VecPhysical, m, k0, mask reg.VecPhysical, n reg.GPPhysical, first int, spare ring, then func(j int)) {
	g.zero(m)
	g.lo(m, c[0], k0)
	g.add(c[0], mask)
	g.carryInto(c[1], c[0], c[0])
	for j := range limbs {
		y := spare.at(j)
		g.load(row(n, first+j), y)
		if j > 0 {
			g.lo(c[j], m, y)
		}
		g.hi(c[j+1], m, y)
		then(j)
	}
}

// finish takes the last two limbs by Montgomery's own steps, since two more
// folds would leave a result longer than n, and stores it: what is left, each
// column carried into the next. These carries are a chain as long as the step,
// so they go along with it, close behind the products and never before one.
func (g *gen) finish(c []reg.VecPhysical, dst, mod, scratch reg.GPPhysical, free []reg.VecPhysical) {
	m, k0, mask, spare := free[0], free[1], free[2], ring(free[3:])
	g.mask(mask, scratch)
	g.load(row(mod, k0Row), k0)
	g.Comment("Montgomery's step, 1 of 2.")
	g.step(c, m, k0, mask, mod, nRow, spare, func(int) {})

	result := c[2 : 2+limbs]
	keep := func(j int) {
		g.store(result[j], row(dst, j))
		if j < limbs-1 {
			g.carryInto(result[j+1], result[j], k0) // which has done its part
		}
	}
	const behind = 2 // result[j] is column j+1 here, and takes another column's carry
	g.Comment("Montgomery's step, 2 of 2, and the carries.")
	g.step(c[1:], m, k0, mask, mod, nRow, spare, func(j int) {
		if j >= behind {
			keep(j - behind)
		}
	})
	for j := limbs - behind; j < limbs; j++ {
		keep(j)
	}
}
