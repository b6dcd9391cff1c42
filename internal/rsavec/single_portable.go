//go:build !amd64 || purego

package rsavec

func chain(dst, first, second, last, n *number, k0 uint64, squarings int) {
	chainPortable(dst, first, second, last, n, k0, squarings)
}
