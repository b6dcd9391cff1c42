package tokencache

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGetAllocatesNothing(t *testing.T) {
	if raceEnabled {
		return
	}
	c := New[claims](1 << 20)
	list := tokens(100, 1)
	for _, token := range list[:50] {
		put(c, token, claims{}, 1024)
	}
	i := 0
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		c.Get(list[i%len(list)])
		i++
	}))
	require.LessOrEqual(t, testing.AllocsPerRun(10_000, func() { // the table grows now and then; the average is rounded down
		put(c, list[i%len(list)], claims{}, 1024)
		i++
	}), 1.0)
}
