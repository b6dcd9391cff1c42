//go:build amd64 && !purego

package rsavec

// chainIFMA is chain with AVX-512 IFMA. See interop/gen/single, which writes it.
//
//go:noescape
func chainIFMA(dst, first, second, last, n *number, k0 uint64, squarings int)

func chain(dst, first, second, last, n *number, k0 uint64, squarings int) {
	if supported {
		chainIFMA(dst, first, second, last, n, k0, squarings)
		return
	}
	chainPortable(dst, first, second, last, n, k0, squarings)
}
