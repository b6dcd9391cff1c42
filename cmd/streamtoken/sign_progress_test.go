package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestProgressLine(t *testing.T) {
	now := time.Unix(1000, 0)
	var out bytes.Buffer
	p := newProgressLine(&out, func() time.Time { return now }, 4000)
	shows := func(minted, refused, read int64) string {
		out.Reset()
		p.show(minted, refused, read)
		return out.String()
	}
	require.Empty(t, shows(10, 0, 10)) // too soon
	now = now.Add(500 * time.Millisecond)
	require.Equal(t, "\r9000 minted, 18000 a second, 25 %, 2s left", shows(9000, 0, 1000))
	now = now.Add(499 * time.Millisecond)
	require.Empty(t, shows(9000, 0, 1000))
	now = now.Add(time.Millisecond)
	require.Equal(t, "\r9000 minted, 4 refused, 9000 a second, 50 %, 1s left", shows(9000, 4, 2000))
	now = now.Add(time.Second)
	// A shorter text leaves nothing of the longer one before; a file that has grown has no time left to tell.
	require.Equal(t, "\r9000 minted, 4 refused, 4500 a second"+strings.Repeat(" ", len(", 50 %, 1s left")), shows(9000, 4, 4001))
	out.Reset()
	p.clear()
	require.Equal(t, "\r"+strings.Repeat(" ", len("9000 minted, 4 refused, 4500 a second"))+"\r", out.String())
	out.Reset()
	p.clear()
	require.Empty(t, out.String())

	var none *progressLine
	none.show(1, 1, 1)
	none.clear()
}

func TestProgressOfAPipe(t *testing.T) {
	now := time.Unix(1000, 0)
	var out bytes.Buffer
	p := newProgressLine(&out, func() time.Time { return now }, 0)
	now = now.Add(2 * time.Second)
	p.show(100, 0, 1<<20)
	require.Equal(t, "\r100 minted, 50 a second", out.String())
	require.Zero(t, perSecond(5, 0))
}
