package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	streamtoken "github.com/streamtoken/streamtoken"
)

// check is one request and what its answer must be.
type check struct {
	name   string
	method string // "": GET
	url    string
	do     func(context.Context) (answer, error) // instead of a request to url; nil: that request
	header http.Header
	status int
	reason streamtoken.Reason
	extra  func(answer) error // what else must hold; nil: nothing
}

// checks are the requests of Once.
func (s *stage) checks(t tokens) []check {
	of := func(token, rest string) string { return s.edgeURL + "/" + token + "/" + rest }
	download := "downloads/default.mp4"
	origin := http.Header{"Origin": {strings.TrimSuffix(s.pageURL, "/")}}
	var list []check
	for _, e := range s.exhibits(t) {
		list = append(list, check{name: e.Name + " URL", url: e.URL, status: e.Status, reason: e.Reason, extra: refused(e)})
	}
	list = append(list,
		check{name: "master playlist", url: s.playlist(t.allowed), status: 200, extra: same("video.m3u8")},
		check{name: "media playlist", url: of(t.allowed, "manifest/stream.m3u8"), status: 200, extra: same("stream.m3u8")},
		check{name: "initialization segment", url: of(t.allowed, "manifest/init.mp4"), status: 200, extra: same("init.mp4")},
		check{name: "media segment", url: of(t.allowed, "manifest/segment0.m4s"), status: 200, extra: same("segment0.m4s")},
		check{name: "part of a segment (Range)", url: of(t.allowed, "manifest/segment1.m4s"),
			header: http.Header{"Range": {"bytes=100-199"}}, status: 206, extra: part("segment1.m4s", 100, 200)},
		check{name: "HEAD", method: http.MethodHead, url: of(t.allowed, "manifest/segment2.m4s"), status: 200, extra: headOf("segment2.m4s")},
		check{name: "request of the page (CORS)", url: s.playlist(t.allowed), header: origin, status: 200, extra: readableBy(origin.Get("Origin"))},
		check{name: "blocked segment", url: of(t.blocked, "manifest/segment0.m4s"), status: 403, reason: streamtoken.ReasonRuleBlocked},
		check{name: "no token", url: s.edgeURL + "/" + subject + "/manifest/video.m3u8", status: 401, reason: streamtoken.ReasonTokenMissing},
		check{name: "no such file", url: of(t.allowed, "manifest/other.m3u8"), status: 404},
		check{name: "POST", method: http.MethodPost, url: s.playlist(t.allowed), status: 405, reason: streamtoken.ReasonMethodNotAllowed},
		check{name: "download without permission", url: of(t.allowed, download), status: 403, reason: streamtoken.ReasonNotDownloadable},
		check{name: "download with permission", url: of(t.downloadable, download), status: 200, extra: same(segments...)},
		check{name: "page", url: s.pageURL, status: 200, extra: strictPage},
		check{name: "page's script", url: s.pageURL + "player.js", status: 200},
		check{name: "page under another host name", url: s.pageURL, header: http.Header{"Host": {"demo.example"}}, status: 421},
		check{name: "no token reached the origin", url: s.playlist(t.allowed), header: http.Header{"Referer": {s.playlist(t.allowed)}},
			status: 200, extra: s.originSawNone},
	)
	return append(list, s.issuedChecks()...)
}

// run makes the request and gives what is wrong with the answer.
func (s *stage) run(ctx context.Context, c check) error {
	method := c.method
	if method == "" {
		method = http.MethodGet
	}
	do := c.do
	if do == nil {
		do = func(ctx context.Context) (answer, error) { return s.ask(ctx, method, c.url, c.header) }
	}
	a, err := do(ctx)
	switch {
	case err != nil:
		return err
	case a.status != c.status || a.reason != c.reason:
		want := answer{status: c.status, reason: c.reason}
		return fmt.Errorf("answered %s instead of %s", a, want)
	case c.extra != nil:
		return c.extra(a)
	}
	return nil
}

// refused demands that a refusal is not kept and shows nothing of what it protects.
func refused(e exhibit) func(answer) error {
	if e.Status == http.StatusOK {
		return nil
	}
	return func(a answer) error {
		switch {
		case a.header.Get("Cache-Control") != "no-store":
			return errors.New("the refusal may be cached")
		case a.status == http.StatusUnauthorized && a.header.Get("WWW-Authenticate") == "":
			return errors.New("there is no WWW-Authenticate")
		case bytes.Contains(a.body, []byte("#EXTM3U")):
			return errors.New("the refusal contains the playlist")
		}
		return nil
	}
}

// same demands the bytes of these files, one after the other.
func same(names ...string) func(answer) error {
	return func(a answer) error {
		var want []byte
		for _, name := range names {
			data, err := mediaFile(name)
			if err != nil {
				return err
			}
			want = append(want, data...)
		}
		if !bytes.Equal(a.body, want) {
			return fmt.Errorf("the body, %d bytes, is not the file, %d bytes", len(a.body), len(want))
		}
		return nil
	}
}

// part demands the bytes from..to of a file.
func part(name string, from, to int) func(answer) error {
	return func(a answer) error {
		data, err := mediaFile(name)
		if err != nil {
			return err
		}
		if want := fmt.Sprintf("bytes %d-%d/%d", from, to-1, len(data)); a.header.Get("Content-Range") != want {
			return fmt.Errorf("Content-Range is not %q", want)
		}
		if !bytes.Equal(a.body, data[from:to]) {
			return errors.New("the body is another part of the file")
		}
		return nil
	}
}

// headOf demands a file's length and none of its bytes.
func headOf(name string) func(answer) error {
	return func(a answer) error {
		data, err := mediaFile(name)
		if err != nil {
			return err
		}
		if len(a.body) > 0 || a.header.Get("Content-Length") != strconv.Itoa(len(data)) {
			return errors.New("the answer has a body, or not the file's length")
		}
		return nil
	}
}

// readableBy demands that a page of that origin may read the answer.
func readableBy(origin string) func(answer) error {
	return func(a answer) error {
		if got := a.header.Get("Access-Control-Allow-Origin"); got != origin && got != "*" {
			return errors.New("the page may not read the answer")
		}
		return nil
	}
}

// strictPage demands the policy that keeps the page from loading anything from elsewhere.
func strictPage(a answer) error {
	if !strings.HasPrefix(a.header.Get("Content-Security-Policy"), "default-src 'none';") {
		return errors.New("the page has no strict Content-Security-Policy")
	}
	return nil
}

func (s *stage) originSawNone(answer) error {
	if s.origin.sawToken.Load() {
		return errors.New("the origin was sent a token")
	}
	if s.origin.requested.Load() == 0 {
		return errors.New("the origin was asked nothing")
	}
	return nil
}
