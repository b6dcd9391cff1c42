//go:build !amd64 || purego

package rsavec

func mul(dst, a, b *octet, m *modulus) { mulPortable(dst, a, b, m) }

func square(dst, a *octet, t *wide, m *modulus, times int) {
	squarePortable(dst, a, t, m, times)
}

func choose(dst *octet, table *window, digit uint64) { choosePortable(dst, table, digit) }

func product(t *wide, a, b *octet) { productPortable(t, a, b) }

func reduce(t *wide, q, n *octet, k0 *row) { reducePortable(t, q, n, k0) }

func carry(dst, t []row) { carryPortable(dst, t) }

func forget() {}
