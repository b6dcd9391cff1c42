//go:build integration && linux && amd64

package trace

// What the controls work on: a secret, and data that does not depend on it.
type workspace struct {
	secret   uint64
	sum      uint64
	table    [256]uint64
	from, to [64]byte
}

// controls are small functions of a secret: each but "select" does one thing that a calculation with a secret must not do.
func controls() map[string]subject {
	w := new(workspace)
	secrets := []uint64{0x5a5a5a5a5a5a5a53, 0xa5a5a5a5a5a5a5a6}
	control := func(f func(w *workspace)) subject {
		return subject{
			prepare: func(variant int) { *w = workspace{secret: secrets[variant], sum: 1 << 40} },
			run: func() {
				Begin()
				f(w)
				End()
			},
			check: func(int) string { return "ok" },
		}
	}
	return map[string]subject{
		"grows":   control(func(*workspace) { grow(1024) }),
		"select":  control(selectAll),
		"branch":  control(branchOnSecret),
		"lookup":  control(lookUpSecret),
		"divide":  control(divideBySecret),
		"exits":   control(leaveEarly),
		"mask":    control(func(w *workspace) { maskedLoad(&w.from, w.secret&0xff) }),
		"gather":  control(func(w *workspace) { gather(&w.from, w.secret&7) }),
		"repeats": control(func(w *workspace) { repeated(&w.to, &w.from, w.secret&31) }),
	}
}

// selectAll reads the table whole and keeps one entry of it by a mask: constant time.
//
//go:noinline
func selectAll(w *workspace) {
	for i := range w.table {
		diff := uint64(i) ^ w.secret&0xff
		w.sum += w.table[i] & (((diff - 1) &^ diff) >> 63 * ^uint64(0))
	}
}

//go:noinline
func branchOnSecret(w *workspace) {
	if w.secret&1 != 0 {
		touch(w.from[:8])
	}
}

//go:noinline
func lookUpSecret(w *workspace) { w.sum += w.table[w.secret&0xff] }

//go:noinline
func divideBySecret(w *workspace) { w.sum /= w.secret | 1 }

// leaveEarly compares as bytes.Equal may.
//
//go:noinline
func leaveEarly(w *workspace) {
	secret := w.secret
	for range 8 {
		if secret&0xff != 0x53 {
			return
		}
		secret >>= 8
		w.sum++
	}
}
