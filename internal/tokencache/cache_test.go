package tokencache

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// named makes a token whose hashed part, the end, differs by i.
func named(i int) string { return fmt.Sprintf("header.payload.%016d_", i) }

func TestNilRemembersNothing(t *testing.T) {
	for _, bound := range []int64{0, -1} {
		c := New[int](bound)
		require.Nil(t, c)
		require.Equal(t, 7, *put(c, named(1), 7, 0))
		require.Nil(t, c.Get(named(1)))
		c.Drop(named(1), nil)
		require.Zero(t, c.Stats())
	}
}

func TestRemembers(t *testing.T) {
	c := New[int](1 << 20)
	require.Nil(t, c.Get(named(1)))
	one := put(c, named(1), 1, 100)
	require.Same(t, one, c.Get(named(1)))
	require.Equal(t, 1, *one)
	require.Nil(t, c.Get(named(2)))

	two := put(c, named(1), 2, 100)
	require.Same(t, two, c.Get(named(1)))
	require.Equal(t, 1, *one, "a value handed out never changes")
	require.Equal(t, 1, c.Stats().Entries)

	c.Drop(named(1), one)
	require.Same(t, two, c.Get(named(1)), "what was put in place of the dropped value stays")
	c.Drop(named(1), nil)
	require.Same(t, two, c.Get(named(1)))
	c.Drop(named(1), two)
	require.Nil(t, c.Get(named(1)))
	c.Drop(named(1), two)
	require.Zero(t, c.Stats().Entries)
	require.Equal(t, uint64(2), c.Stats().Additions)
	require.Zero(t, c.Stats().Evictions)
}

// Tokens that agree in all that is hashed are told apart by the comparison: by their last character, by anything before the signature, by their length.
func TestComparesTheWholeToken(t *testing.T) {
	c := New[string](1 << 20)
	end := strings.Repeat("s", hashed)
	alike := []string{"a." + end + "A", "a." + end + "B", "b." + end + "A", "ab." + end + "A", "." + end + "A", end + "A"}
	for i, token := range alike {
		for _, other := range alike[i:] {
			require.Nil(t, c.Get(other))
		}
		put(c, token, token, 0)
	}
	for _, token := range alike {
		require.Equal(t, token, *c.Get(token))
	}
}

func TestShortTokensAreNotRemembered(t *testing.T) {
	c := New[int](1 << 20)
	for n := range minToken + 1 {
		token := strings.Repeat("x", n)
		v := put(c, token, n, 0)
		require.Equal(t, n, *v)
		if n < minToken {
			require.Nil(t, c.Get(token))
		} else {
			require.Same(t, v, c.Get(token))
		}
	}
}

// What is too large is not remembered, and what was remembered for its token is forgotten: it was to be replaced.
func TestTooLarge(t *testing.T) {
	const bound = 64 << 10
	c := New[int](bound)
	most := bound/8 - int(c.frames.of(len(named(1))))
	require.NotNil(t, put(c, named(1), 1, most))
	require.Equal(t, 1, *c.Get(named(1)))
	v := put(c, named(1), 2, most+1)
	require.Equal(t, 2, *v)
	require.Nil(t, c.Get(named(1)))
	require.Zero(t, c.Stats().Entries)

	long := strings.Repeat("x", bound)
	put(c, long, 1, 0)
	require.Nil(t, c.Get(long), "the token itself is counted")
}

// The text is the entry's own: what it was copied from may change. Every length, with and without a tail.
func TestTextIsCopied(t *testing.T) {
	for n := range 5000 {
		token, tail := []byte(strings.Repeat("t", n)), []byte(strings.Repeat("d", n%200))
		c := New[string](1 << 20)
		e := NewEntry(asString(token), tail, func(text string) string { return text })
		c.Add(e, 0)
		v := e.Value()
		want := string(token) + string(tail)
		require.Equal(t, want, *v)
		require.Equal(t, n >= minToken, c.Get(string(token)) == v)
		for _, b := range [][]byte{token, tail} {
			for i := range b {
				b[i] = '#'
			}
		}
		require.Equal(t, want, *v)
		require.Equal(t, n >= minToken, c.Get(want[:n]) == v)
	}
}

// put adds a value that is there already, without a tail.
func put[T any](c *Cache[T], token string, value T, bytes int) *T {
	e := NewEntry(token, nil, func(string) T { return value })
	c.Add(e, bytes)
	return e.Value()
}
