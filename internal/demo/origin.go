package demo

import (
	"bytes"
	"embed"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// media is the video: see media/README.md.
//
//go:embed media/manifest
var media embed.FS

// segments are the parts of the video, in the order in which they make one file.
var segments = []string{"init.mp4", "segment0.m4s", "segment1.m4s", "segment2.m4s"}

// mediaFile gives a file of the video.
func mediaFile(name string) ([]byte, error) {
	return fs.ReadFile(media, path.Join("media/manifest", name))
}

// origin serves the video as Stream lays it out, to whoever asks: it knows nothing of tokens.
type origin struct {
	files     map[string][]byte // by path
	sawToken  atomic.Bool       // something like a token reached it, which the edge must prevent
	requested atomic.Int64
}

func newOrigin() (*origin, error) {
	o := &origin{files: map[string][]byte{}}
	var whole []byte
	for _, name := range slices.Concat([]string{"video.m3u8", "stream.m3u8"}, segments) {
		data, err := mediaFile(name)
		if err != nil {
			return nil, err
		}
		o.files["/"+subject+"/manifest/"+name] = data
		if slices.Contains(segments, name) {
			whole = append(whole, data...)
		}
	}
	// Fragments one after the other are a file that plays (ISO 14496-12).
	o.files["/"+subject+"/downloads/default.mp4"] = whole
	return o, nil
}

func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.requested.Add(1)
	if carriesToken(r) {
		o.sawToken.Store(true)
	}
	data, ok := o.files[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", contentType(r.URL.Path))
	w.Header().Set("Cache-Control", "max-age=3600")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

// carriesToken looks for the beginning of any compact JWS, base64url of `{"`, in all that a request holds.
func carriesToken(r *http.Request) bool {
	if strings.Contains(r.RequestURI, "eyJ") {
		return true
	}
	for _, values := range r.Header {
		for _, v := range values {
			if strings.Contains(v, "eyJ") {
				return true
			}
		}
	}
	return false
}

func contentType(name string) string {
	switch path.Ext(name) {
	case ".m3u8":
		return "application/vnd.apple.mpegurl" // RFC 8216 section 4
	case ".m4s":
		return "video/iso.segment"
	}
	return "video/mp4"
}
