//go:build amd64 && !purego

package rsavec

// chainIFMA is what chainPortable describes, with AVX-512 IFMA: limb 8k+j of a
// number is in lane j of its k-th register. interop/gen/single prints it. It takes
// some six microseconds for a power; Go cannot preempt a goroutine meanwhile.
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
