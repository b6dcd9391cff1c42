package follow

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxETag bounds what is sent back to the server each time.
const maxETag = 256

// maxErrorText bounds what of a transport's error is told: it may quote the server.
const maxErrorText = 200

// fetch asks once. Without an error s.kept is what the server has, as of before the request.
func (s *urlSource) fetch(parent context.Context) error {
	ctx, cancel := context.WithTimeout(parent, s.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return errors.New("not a URL to ask for")
	}
	req.Header.Set("User-Agent", "streamtoken")
	req.Header.Set("Accept-Encoding", "identity")
	if s.direct {
		req.Header.Set("Cache-Control", "no-cache")
	}
	asked := ""
	if s.kept != nil {
		asked = s.etag
	}
	if asked != "" {
		req.Header.Set("If-None-Match", asked)
	}
	secret := ""
	if s.bearer != nil {
		if secret, err = s.bearer(); err != nil {
			return fmt.Errorf("bearer token: %w", err)
		}
		if !bearerForm(secret) {
			return errors.New("bearer token: it is not of printable characters without spaces")
		}
		req.Header.Set("Authorization", "Bearer "+secret)
	}
	// The transport itself, not a client: nothing follows redirects, keeps cookies or turns a proxy's answer into an error
	// with the whole URL in it.
	sent := s.now()
	res, err := s.transport.RoundTrip(req)
	if err != nil {
		return s.plainly(ctx, err, secret)
	}
	defer res.Body.Close()
	switch {
	case s.direct && len(res.Header.Values("Age")) > 0:
		return errors.New("the answer comes from a cache on the way")
	case res.StatusCode == http.StatusNotModified && asked != "" && (len(res.Header.Values("ETag")) == 0 || usableETag(res.Header.Values("ETag")) == asked):
		kept := *s.kept
		kept.AsOf = sent
		s.kept = &kept
		return nil
	case res.StatusCode == http.StatusNotModified:
		return errors.New("status 304 for something that is not here")
	case res.StatusCode >= 300 && res.StatusCode < 400:
		return fmt.Errorf("status %d: redirects are not followed", res.StatusCode)
	case res.StatusCode != http.StatusOK:
		return fmt.Errorf("status %d", res.StatusCode)
	case len(res.Header.Values("Content-Encoding")) > 0:
		return errors.New("the answer has a content coding, which was not asked for")
	case res.ContentLength < 0 && !slices.Contains(res.TransferEncoding, "chunked"):
		// It ends when the connection does, so half of it looks like all of it.
		return errors.New("the answer has neither a length nor chunks")
	}
	data, err := readBounded(ctx, res.Body, max(0, res.ContentLength), s.limit)
	if err != nil {
		return s.plainly(ctx, err, secret)
	}
	snap := newSnapshot([]File{{Name: s.name, Data: data}})
	snap.AsOf = sent
	s.kept, s.etag = &snap, usableETag(res.Header.Values("ETag"))
	return nil
}

// plainly words a transport's error so that the same failure reads the same each time (no ports), and so that it repeats
// neither the token nor much of what the server said.
func (s *urlSource) plainly(ctx context.Context, err error, secret string) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("no complete answer within %v", s.timeout)
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return fmt.Errorf("%s: %w", op.Op, op.Err)
	}
	if errors.Is(err, errTooLarge) {
		return err
	}
	text := strings.TrimPrefix(err.Error(), "net/http: ")
	if len(text) > maxErrorText {
		text = text[:maxErrorText] + "..."
	}
	if secret != "" && strings.Contains(err.Error(), secret) { // before it is cut short: half a token is one, too
		text = "the server's answer repeats the bearer token"
	}
	return errors.New(text)
}

// usableETag gives the strong validator that came with an answer, "" if there is none (RFC 9110, 8.8.3). A weak one promises
// only that two documents mean the same to somebody.
func usableETag(values []string) string {
	if len(values) != 1 {
		return ""
	}
	tag := values[0]
	if len(tag) < 2 || len(tag) > maxETag || tag[0] != '"' || tag[len(tag)-1] != '"' {
		return ""
	}
	for _, c := range []byte(tag[1 : len(tag)-1]) {
		if c < 0x21 || c == '"' || c == 0x7f {
			return ""
		}
	}
	return tag
}

// maxBearerFile is more than any server takes in a header field.
const maxBearerFile = 8 << 10

// BearerFile gives the token that the file at path holds, as URLConfig.Bearer wants it: one line without spaces, the line
// break aside. It is read again for every fetch, so that a new token comes into force by writing it there. Safe for concurrent
// use. The file's mode is not checked. Errors name the file, never its content.
func BearerFile(path string) func() (string, error) {
	return func() (string, error) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		data, _, err := readRegular(ctx, path, maxBearerFile)
		if err != nil {
			return "", err
		}
		token := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
		if !bearerForm(token) {
			return "", fmt.Errorf("%s: not one line with a token", path)
		}
		return token, nil
	}
}

// bearerForm tells whether token can stand in a header field as one word.
func bearerForm(token string) bool {
	for _, c := range []byte(token) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return token != ""
}
