//go:build amd64 && !purego

package rsavec

// laneRoutines are all that this machine has.
func laneRoutines() []routines {
	if !Supported() {
		return []routines{twin}
	}
	return []routines{twin, {"assembly", mulAsm, squareAsm, chooseAsm, squareColumnsAsm, productAsm, reduceAsm,
		func(dst, t []row, shift uint64) { carryAsm(&dst[0], &t[0], len(dst), shift) }}}
}
