//go:build integration && linux && amd64

package trace

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/rsavec"
)

// TestSteady: signing sets the exception flags in MXCSR, on which the time of a product may depend where the processor does not report
// MCDT_NO, and changes nothing else of it.
func TestSteady(t *testing.T) {
	runtime.LockOSThread() // not given back: the thread ends with the test
	keys, err := signKeys()
	require.NoError(t, err)
	k, err := rsavec.NewPrivate(keys["ordinary"])
	require.NoError(t, err)
	em := digestsOf(1)
	const usual, flushToZero, flags = 0x1f80, 0x8000, 0x3f
	for _, before := range []uint32{usual, usual | flushToZero, usual | 1, usual | flags} {
		setMXCSR(before)
		k.Sign(rsavec.NewScratch(), new([rsavec.Lanes][rsavec.Size]byte), &em)
		after := mxcsr()
		setMXCSR(usual)
		require.Equal(t, before|flags, after)
	}
}
