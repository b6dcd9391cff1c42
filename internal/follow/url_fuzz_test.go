package follow_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/follow"
)

// FuzzURL lets a server answer as the input says, one answer a byte. Whatever it does, the version in force is the last
// good one of the bodies it served whole, and a look succeeds exactly when the newest answer was that.
func FuzzURL(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
	f.Add([]byte{16, 2, 32, 3, 2, 16, 2, 2})
	f.Add([]byte{7, 7, 0, 8, 0, 2, 9, 2, 0, 16})
	f.Add([]byte{1, 17, 33, 2, 3, 2, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		script = script[:min(len(script), 40)]
		d := serveDocument(t, "v0")
		var confirmed, sent time.Time
		a := &taker{}
		fo, err := follow.Start(follow.Config{
			Source: d.source(t, nil), Poll: never,
			Accept:    a.accept,
			Confirmed: func(asOf time.Time) { confirmed = asOf },
		})
		require.NoError(t, err)
		defer fo.Close()
		inForce, newest := "v0", "v0" // what a reader of the answers would say
		etag := true                  // the newest came with one
		for _, b := range script {
			text := fmt.Sprintf("v%d", b>>4)
			if b>>4 == 3 {
				text = "bad 3"
			}
			whole, same := false, false
			tag := fmt.Sprintf("%q", strings.ReplaceAll(text, " ", ""))
			d.answer(func(w http.ResponseWriter, r *http.Request) {
				sent = time.Now()
				switch b & 15 {
				case 0, 12, 13, 14, 15: // good, and honest about what has changed
					w.Header().Set("ETag", tag)
					if r.Header.Get("If-None-Match") == tag {
						w.WriteHeader(304)
						return
					}
					io.WriteString(w, text)
				case 1: // good, without a tag
					io.WriteString(w, text)
				case 2: // nothing is new
					w.WriteHeader(304)
				case 3:
					w.WriteHeader(500)
					io.WriteString(w, text)
				case 4:
					w.Header().Set("Content-Length", "100")
					io.WriteString(w, text)
				case 5:
					io.WriteString(w, strings.Repeat(text, 1000))
				case 6:
					http.Redirect(w, r, "/", http.StatusFound)
				case 7:
					w.Header().Set("ETag", `"other"`)
					w.WriteHeader(304)
				case 8:
					w.Header().Set("Content-Encoding", "gzip")
					io.WriteString(w, text)
				case 9:
					panic(http.ErrAbortHandler)
				case 10: // in two pieces
					io.WriteString(w, text[:1])
					w.(http.Flusher).Flush()
					io.WriteString(w, text[1:])
				case 11: // and without the second
					io.WriteString(w, text[:1])
					w.(http.Flusher).Flush()
					panic(http.ErrAbortHandler)
				}
			})
			switch b & 15 {
			case 0, 12, 13, 14, 15:
				whole, etag = true, true
			case 1, 10:
				whole, etag = true, false
			case 2:
				same = etag
			}
			want := errors.New("no content")
			if whole {
				newest = text
			}
			if whole || same {
				want = nil
				if strings.HasPrefix(newest, "bad") {
					want = errors.New("refused")
				} else {
					inForce = newest
				}
			}
			before := confirmed
			err := fo.Check()
			require.Equal(t, want == nil, err == nil, "%d: %v", b, err)
			require.Equal(t, "d.json="+inForce, a.text())
			require.Equal(t, err, fo.Status().LastError)
			require.Equal(t, confirmed, fo.Status().AsOf)
			if want == nil {
				require.True(t, confirmed.After(before) && confirmed.Before(sent), "measured from before the request")
			} else {
				require.Equal(t, before, confirmed)
			}
		}
	})
}

// Waits that differ are as long as they should be, about.
func TestJitter(t *testing.T) {
	src := follow.FileSource("follow_test.go", 1<<20)
	ok := func(follow.Snapshot) error { return nil }
	for _, jitter := range []time.Duration{-1, time.Second, 2 * time.Second} {
		_, err := follow.Start(follow.Config{Source: src, Accept: ok, Poll: time.Second, Jitter: jitter})
		require.ErrorContains(t, err, "Jitter")
	}
	looks := make(chan time.Time, 100)
	f, err := follow.Start(follow.Config{Source: pollOnly{src}, Accept: ok, Poll: 3 * time.Millisecond, Jitter: 2 * time.Millisecond,
		Confirmed: func(asOf time.Time) { looks <- asOf }})
	require.NoError(t, err)
	for range 20 {
		<-looks
	}
	require.NoError(t, f.Close())
}
