//go:build amd64 && !purego

package rsavec

// The routines of lanes_amd64.s, which interop/gen/lanes writes. None has a
// branch or an address that depends on a limb or a digit: their loops count
// constants. None runs longer than 2 microseconds, so that the scheduler,
// which cannot interrupt assembly, waits no longer.

//go:noescape
func mulAsm(dst, a, b *octet, m *modulus)

//go:noescape
func squareAsm(dst, a *octet, t *wide, m *modulus, times int)

//go:noescape
func squareColumnsAsm(t *wide, a *octet)

//go:noescape
func chooseAsm(dst *octet, table *window, digit uint64)

//go:noescape
func productAsm(t *wide, a, b *octet)

//go:noescape
func reduceAsm(t *wide, q, n *octet, k0 *row)

//go:noescape
func carryAsm(dst, t *row, rows int, shift uint64)

//go:noescape
func forgetAsm()

// mul sets dst to a*b/R modulo n, below a*b/R + 2n. Any of the
// operands may be one and the same.
func mul(dst, a, b *octet, m *modulus) {
	if supported {
		mulAsm(dst, a, b, m)
	} else {
		mulPortable(dst, a, b, m)
	}
}

// square sets dst to a squared and reduced as mul does, times times over,
// which is at least once. t is overwritten.
func square(dst, a *octet, t *wide, m *modulus, times int) {
	if supported {
		squareAsm(dst, a, t, m, times)
	} else {
		squarePortable(dst, a, t, m, times)
	}
}

// squareColumns sets t to a*a.
func squareColumns(t *wide, a *octet) {
	if supported {
		squareColumnsAsm(t, a)
	} else {
		squareColumnsPortable(t, a)
	}
}

// choose sets dst to table[digit], digit below 16, reading all of table.
func choose(dst *octet, table *window, digit uint64) {
	if supported {
		chooseAsm(dst, table, digit)
	} else {
		choosePortable(dst, table, digit)
	}
}

// product adds a*b to t.
func product(t *wide, a, b *octet) {
	if supported {
		productAsm(t, a, b)
	} else {
		productPortable(t, a, b)
	}
}

// reduce sets q to -t/n mod R and adds q*n to t: its lower half is then a
// multiple of R whose carry is added to the upper half, and is not written.
func reduce(t *wide, q, n *octet, k0 *row) {
	if supported {
		reduceAsm(t, q, n, k0)
	} else {
		reducePortable(t, q, n, k0)
	}
}

// carry sets dst, of so many rows, to the limbs of t shifted up by shift bits,
// 52 bits each. What is carried out of the last is dropped. dst may be t.
func carry(dst, t []row, shift uint64) {
	if supported {
		carryAsm(&dst[0], &t[0], len(dst), shift)
	} else {
		carryPortable(dst, t, shift)
	}
}

// forget clears the vector registers.
func forget() {
	if supported {
		forgetAsm()
	}
}
