//go:build !amd64 || purego

package rsavec

func mul(dst, a, b *octet, m *modulus) { mulPortable(dst, a, b, m) }

func square(dst, a *octet, t *wide, m *modulus, times int) {
	squarePortable(dst, a, t, m, times)
}

func choose(dst *octet, table *window, digit uint64) { choosePortable(dst, table, digit) }

func product(t *wide, a, b *octet) { productPortable(t, a, b) }

func reduce(t *wide, q, n *octet, k0 *row) { reducePortable(t, q, n, k0) }

func carry(dst, t []row, shift uint64) { carryPortable(dst, t, shift) }

func squareColumns(t *wide, a *octet) { squareColumnsPortable(t, a) }

func forget() {}
