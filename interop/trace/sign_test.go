//go:build integration && linux && amd64

package trace

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSign is what this module is for: the calculation with the private key executes the same instructions on the same addresses for
// keys and numbers that could hardly be less alike.
func TestSign(t *testing.T) {
	s := newSession(t)
	require.True(t, s.supported, "this processor has no AVX-512 IFMA, or this is a build without it: the code to be judged does not run here, and nothing has been shown about it")
	var first *Trace
	for n, c := range signCases {
		start := time.Now()
		trace := s.take(t, "sign", n)
		t.Logf("%s: %d instructions, %d stops, %v", c.name, trace.Steps(), trace.Stops, time.Since(start).Round(time.Millisecond))
		require.NoError(t, trace.VectorPath(), c.name)
		for _, i := range trace.Refused() {
			t.Errorf("%s: cannot be judged: %s at %s", c.name, i.Refused, i.Symbol)
		}
		if first == nil {
			first = trace
			continue
		}
		for _, d := range Compare(first, trace) {
			t.Errorf("%q and %q differ: %v", signCases[0].name, c.name, d)
		}
	}
	// The numbers are of this processor and of code by this compiler.
	t.Logf("compiled by %s; MXCSR-dependent timing ruled out by the processor (MCDT_NO): %v", runtime.Version(), mcdtNo())
}

// mcdtNo is CPUID's word that no instruction's time depends on operands by way of MXCSR.
func mcdtNo() bool {
	if subleaves, _, _, _ := cpuid(7, 0); subleaves < 2 {
		return false
	}
	_, _, _, d := cpuid(7, 2)
	return d>>5&1 != 0
}
