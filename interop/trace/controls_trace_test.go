//go:build integration && linux && amd64

package trace

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestControls: the tracer must see each of these, and name the place, before its silence about anything means something.
func TestControls(t *testing.T) {
	s := newSession(t)
	for _, c := range []struct {
		name string
		what string // the difference
		at   string // and where it is
	}{
		{"branch", "next instruction", "trace.branchOnSecret"},
		{"exits", "next instruction", "trace.leaveEarly"},
		{"lookup", "address", "trace.lookUpSecret"},
		{"mask", "opmask", "trace.maskedLoad"},
		{"repeats", "count", "trace.repeated"},
	} {
		for _, s.EachStep = range []bool{false, true} {
			a, b := s.take(t, c.name, 0), s.take(t, c.name, 1)
			differences := Compare(a, b)
			require.NotEmpty(t, differences, "%s: not seen", c.name)
			require.Equal(t, c.what, differences[0].What, "%s: %v", c.name, differences)
			require.Contains(t, differences[0].At.Symbol, c.at, "%s: %v", c.name, differences)
			require.Empty(t, Compare(a, s.take(t, c.name, 0)), "%s: the same secret twice", c.name)
			t.Logf("%s: %v", c.name, differences[0])
		}
	}
	for _, c := range []struct{ name, refused, at string }{
		{"divide", "DIV", "trace.divideBySecret"},
		{"gather", "vector register", "trace.gather"},
	} {
		refused := s.take(t, c.name, 0).Refused()
		require.NotEmpty(t, refused, c.name)
		require.Contains(t, refused[0].Refused, c.refused)
		require.Contains(t, refused[0].Symbol, c.at)
		t.Logf("%s: %s at %s", c.name, refused[0].Refused, refused[0].Symbol)
	}

	s.EachStep = false
	a, b := s.take(t, "select", 0), s.take(t, "select", 1)
	require.Empty(t, Compare(a, b))
	require.Empty(t, a.Refused())
	require.Greater(t, a.Steps(), 256)
	require.ErrorIs(t, a.VectorPath(), ErrNotVector)

}

// TestOtherPaths: what signs, or multiplies in vector registers, without being the private-key path is told from it.
func TestOtherPaths(t *testing.T) {
	s := newSession(t)
	public := s.take(t, "public", 0)
	require.ErrorIs(t, public.VectorPath(), ErrNotVector)
	t.Log(public.VectorPath())

	s.Limit = 200_000
	std := s.take(t, "crypto/rsa", 0)
	require.GreaterOrEqual(t, std.Steps(), s.Limit)
	require.ErrorIs(t, std.VectorPath(), ErrNotVector)
	require.NotEmpty(t, std.Refused(), "its locks, at least")
	t.Log(std.VectorPath())
}

// TestGrowingStack: what the runtime does in between is no part of a trace, and is not passed over in silence.
func TestGrowingStack(t *testing.T) {
	s := newSession(t)
	_, err := fmt.Fprintln(s.in, "grows", 0)
	require.NoError(t, err)
	_, err = s.Trace()
	require.ErrorIs(t, err, ErrPreempted)
	answer, err := s.out.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "ok\n", answer, "it runs on")
	require.NotZero(t, s.take(t, "select", 0).Steps())
}
