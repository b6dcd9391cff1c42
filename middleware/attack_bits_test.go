package middleware

import (
	"encoding/binary"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// A carry out of one byte would let its neighbour pass: every pair of bytes at every pair of places says what the table does.
func TestPlainWordPairs(t *testing.T) {
	plain := func(b byte) bool { return is(b, plainByte) && b != '~' }
	for _, fill := range []byte("aZ-_09") {
		for i := range 8 {
			for j := range i {
				for pair := range 1 << 16 {
					b := [8]byte{fill, fill, fill, fill, fill, fill, fill, fill}
					b[i], b[j] = byte(pair), byte(pair>>8)
					if plainWord(binary.LittleEndian.Uint64(b[:])) != (plain(b[i]) && plain(b[j])) {
						require.Failf(t, "not what the table says", "%q", b[:])
					}
				}
			}
		}
	}
}

// Whatever a name begins with, the look at its first byte leaves out nothing that some file system takes for the download.
func TestDownloadFirstLetters(t *testing.T) {
	for _, name := range []string{"clip.mp4", "downloads", "stream", "kit", "*.mp4", "\u017found", "\u212aey", "@x", "[x"} {
		want := foldSegment(name)
		for _, rest := range []string{name[1:], "", "LIP~1.MP4"} {
			for r := rune(0); r <= unicode.MaxRune; r++ {
				if r > unicode.MaxLatin1 && r != 0x2028 && !unicode.In(r, unicode.Cf, unicode.Variation_Selector) && unicode.SimpleFold(r) == r {
					continue // neither folds nor goes: as good as U+2028
				}
				segment := string(r) + rest
				if matchSegment(want, segment) != slowMatchSegment(want, segment) {
					require.Failf(t, "matchSegment differs from the slow way", "%q and %q", name, segment)
				}
			}
		}
	}
}
