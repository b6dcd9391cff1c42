package rsavec

import "math/bits"

// The portable twin: the same columns, the same carries and so the same bits
// in every limb as the assembly, one lane after another.

// madd adds to t[0] and t[1] the lower and the upper 52 bits of x*y.
func madd(t []row, lane int, x, y uint64) {
	high, low := bits.Mul64(x&limbMask, y&limbMask)
	t[0][lane] += low & limbMask
	t[1][lane] += high<<(64-limbBits) | low>>limbBits
}

func productPortable(t *wide, a, b *octet) {
	for i := range b {
		for j := range a {
			for lane := range Lanes {
				madd(t[i+j:], lane, a[j][lane], b[i][lane])
			}
		}
	}
}

// squareColumnsPortable sets t to a*a, with products of two different limbs made once
// and doubled.
func squareColumnsPortable(t *wide, a *octet) {
	*t = wide{}
	for i := range a {
		for j := i + 1; j < limbs; j++ {
			for lane := range Lanes {
				madd(t[i+j:], lane, a[i][lane], a[j][lane])
			}
		}
	}
	for i := range t {
		for lane := range Lanes {
			t[i][lane] *= 2
		}
	}
	for i := range a {
		for lane := range Lanes {
			madd(t[2*i:], lane, a[i][lane], a[i][lane])
		}
	}
}

// carryUp adds what t[0] holds beyond a limb to t[1].
func carryUp(t []row) {
	for lane := range Lanes {
		t[1][lane] += t[0][lane] >> limbBits
	}
}

// montgomery sets dst to t/R modulo n: eighteen limbs folded two by two, the
// last two taken by Montgomery's own steps. See doc.go for both and the bound.
func montgomery(dst *octet, t *wide, m *modulus) {
	fold := m.fold()
	for i := 0; i < limbs-2; i += 2 {
		carryUp(t[i:])
		carryUp(t[i+1:])
		for j := range fold {
			for lane := range Lanes {
				madd(t[i+j+2:], lane, t[i][lane], fold[j][lane])
				madd(t[i+j+3:], lane, t[i+1][lane], fold[j][lane])
			}
		}
	}
	for i := limbs - 2; i < limbs; i++ {
		var q row
		step(t[i:], &q, m.n(), m.k0())
	}
	copy(dst[:], t[limbs:])
	for i := range limbs - 1 {
		carryUp(dst[i:])
	}
}

// step makes t[0] a multiple of 2^52 by adding q*n, and carries it into t[1].
// The lower half of q*n[0] is what t[0] lacks to the next multiple, so it is
// not computed: the carry is (t[0] + 2^52 - 1) >> 52.
func step(t []row, q *row, n *octet, k0 *row) {
	for lane := range Lanes {
		q[lane] = t[0][lane] * k0[lane] & limbMask
		t[0][lane] += limbMask
	}
	carryUp(t)
	for j := range n {
		for lane := range Lanes {
			madd(t[j:], lane, q[lane], n[j][lane])
		}
	}
}

func mulPortable(dst, a, b *octet, m *modulus) {
	var t wide
	productPortable(&t, a, b)
	montgomery(dst, &t, m)
}

func squarePortable(dst, a *octet, t *wide, m *modulus, times int) {
	for range times {
		squareColumnsPortable(t, a)
		montgomery(dst, t, m)
		a = dst
	}
}

func choosePortable(dst *octet, table *window, digit uint64) {
	*dst = octet{}
	for i := range table {
		different := uint64(i) ^ digit
		mask := (different|-different)>>63 - 1 // all ones if they are equal
		for j := range dst {
			for lane := range Lanes {
				dst[j][lane] |= table[i][j][lane] & mask
			}
		}
	}
}

func reducePortable(t *wide, q, n *octet, k0 *row) {
	for i := range limbs {
		step(t[i:], &q[i], n, k0)
	}
}

func carryPortable(dst, t []row, shift uint64) {
	var sum row
	for i := range dst {
		for lane := range Lanes {
			sum[lane] += t[i][lane] << shift
			dst[i][lane] = sum[lane] & limbMask
			sum[lane] >>= limbBits
		}
	}
}
