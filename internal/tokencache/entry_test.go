package tokencache

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// An entry is of its own token and of no other: not of one that differs in one byte wherever that is, of one that is shorter, nor of one that goes on as the
// text behind it does; whether its text lies behind it or, being too large, elsewhere.
func TestIsExactlyTheToken(t *testing.T) {
	const tail = "behind"
	lengths := []int{minToken, 8192 - len(tail)}
	for _, room := range rooms {
		lengths = append(lengths, room-len(tail), room-len(tail)+1) // it fills the room, or has one byte too many
	}
	for _, n := range lengths {
		token := strings.Repeat("t", n)
		e := NewEntry(token, []byte(tail), func(text string) string { return text })
		require.Equal(t, token+tail, *e.Value())
		require.True(t, e.is(strings.Clone(token)))
		require.False(t, e.is(token[1:]))
		for i := range tail {
			require.False(t, e.is(token+tail[:i+1]), "%d bytes and %d more", n, i+1)
		}
		other := []byte(token)
		for i := range other {
			other[i] = 'x'
			if e.is(string(other)) {
				t.Fatalf("byte %d of %d makes no difference", i, n)
			}
			other[i] = 't'
		}
	}
}
