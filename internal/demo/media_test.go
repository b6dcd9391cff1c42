package demo

import (
	"encoding/binary"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The playlists name exactly the files that are there, and the whole is small enough to be part of the binary.
func TestMediaIsComplete(t *testing.T) {
	var names []string
	size := 0
	require.NoError(t, fs.WalkDir(media, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := media.ReadFile(path)
		names = append(names, strings.TrimPrefix(path, "media/manifest/"))
		size += len(data)
		return err
	}))
	require.Less(t, size, 500<<10)
	require.ElementsMatch(t, append([]string{"video.m3u8", "stream.m3u8"}, segments...), names)

	master, err := mediaFile("video.m3u8")
	require.NoError(t, err)
	require.Equal(t, []string{"stream.m3u8"}, named(string(master)))
	require.Contains(t, string(master), `CODECS="avc1.4d401e,mp4a.40.2"`)

	stream, err := mediaFile("stream.m3u8")
	require.NoError(t, err)
	require.Contains(t, string(stream), `#EXT-X-MAP:URI="`+segments[0]+`"`)
	require.Equal(t, segments[1:], named(string(stream)))
	require.Equal(t, 3, strings.Count(string(stream), "#EXTINF:2.000000,"))
	require.Contains(t, string(stream), "#EXT-X-ENDLIST")
}

// named gives the lines of a playlist that are URIs.
func named(playlist string) (uris []string) {
	for line := range strings.Lines(playlist) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			uris = append(uris, line)
		}
	}
	return uris
}

// The boxes of the files are those of fragmented MP4 (ISO 14496-12): one movie box, then fragments.
func TestMediaIsFragmentedMP4(t *testing.T) {
	for i, name := range segments {
		data, err := mediaFile(name)
		require.NoError(t, err)
		kinds := boxes(t, data)
		if i == 0 {
			require.Equal(t, []string{"ftyp", "moov"}, kinds, name)
			continue
		}
		require.Contains(t, kinds, "moof", name)
		require.Contains(t, kinds, "mdat", name)
		require.NotContains(t, kinds, "moov", name)
	}
}

func boxes(t *testing.T, data []byte) (kinds []string) {
	t.Helper()
	for len(data) > 0 {
		require.GreaterOrEqual(t, len(data), 8)
		size := binary.BigEndian.Uint32(data)
		require.GreaterOrEqual(t, size, uint32(8))
		require.LessOrEqual(t, int(size), len(data))
		kinds = append(kinds, string(data[4:8]))
		data = data[size:]
	}
	return kinds
}

// The README's command is the script's.
func TestMediaCommandIsDocumented(t *testing.T) {
	script, err := os.ReadFile("media/make.sh")
	require.NoError(t, err)
	readme, err := os.ReadFile("media/README.md")
	require.NoError(t, err)
	_, command, ok := strings.Cut(string(script), "ffmpeg -hide_banner -loglevel error \\\n")
	require.True(t, ok)
	for line := range strings.Lines(command) {
		require.Contains(t, string(readme), strings.TrimSpace(line))
	}
}
