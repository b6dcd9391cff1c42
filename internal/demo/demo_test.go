package demo

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOncePasses(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, Once(t.Context(), Config{Out: &out}), out.String())
	text := out.String()
	require.NotContains(t, text, "FAIL")
	require.Regexp(t, `(?m)^all 30 checks passed$`, text)
	require.Equal(t, 30, strings.Count(text, "\nok  "))
	for _, want := range []string{
		`allowed: [^\n]+\n  curl -i http://127.0.0.1:\d+/[\w.-]+/manifest/video.m3u8\n  answer: 200 OK\n`,
		`blocked: [^\n]+\n  curl -i http://127.0.0.1:\d+/[\w.-]+/manifest/video.m3u8\n  answer: 403 Forbidden, reason rule_blocked\n`,
		`expired: [^\n]+\n  curl -i http://127.0.0.1:\d+/[\w.-]+/manifest/video.m3u8\n  answer: 401 Unauthorized, reason token_expired\n`,
		`forged: [^\n]+\n  curl -i http://127.0.0.1:\d+/[\w.-]+/manifest/video.m3u8\n  answer: 401 Unauthorized, reason signature_invalid\n`,
		`(?m)^control API: .* CLOUDFLARE_BASE_URL=http://127.0.0.1:\d+/client/v4 CLOUDFLARE_API_TOKEN=\w+, account \w+$`,
		`(?m)^batch: 200 tokens in [\w.]+, signed by crypto/rsa; answer to the last: 200 OK$`,
		`(?m)^stream token: .*: 200 OK$`,
		`(?m)^MoQ relay \w{32}: answer to its token: 200 OK; .* after its rotation: 401 Unauthorized, reason token_revoked; .* new one: 200 OK$`,
		`(?m)^TURN key \w{32}: a credential for viewer-1 checks until 20`,
	} {
		require.Regexp(t, want, text)
	}
}

// Each kind of URL that stops being what it is makes Once fail, and the line says which.
func TestOnceNoticesWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		tamper func(*tokens)
		fails  []string
	}{
		"nothing is blocked":          {func(k *tokens) { k.blocked = k.allowed }, []string{"blocked URL", "blocked segment"}},
		"nothing is expired":          {func(k *tokens) { k.expired = k.allowed }, []string{"expired URL"}},
		"nothing is forged":           {func(k *tokens) { k.forged = k.allowed }, []string{"forged URL"}},
		"all may download":            {func(k *tokens) { k.allowed = k.downloadable }, []string{"download without permission"}},
		"nobody may download":         {func(k *tokens) { k.downloadable = k.allowed }, []string{"download with permission"}},
		"the allowed one is blocked":  {func(k *tokens) { k.allowed = k.blocked }, []string{"allowed URL", "master playlist", "media playlist", "HEAD"}},
		"the refusal is another":      {func(k *tokens) { k.forged = k.blocked }, []string{"forged URL"}},
		"the token is not one at all": {func(k *tokens) { k.allowed = "a.b.c" }, []string{"allowed URL", "media segment"}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			err := Once(t.Context(), Config{Out: &out, tamper: c.tamper})
			require.ErrorContains(t, err, "checks failed")
			for _, fails := range c.fails {
				require.Regexp(t, `(?m)^FAIL  `+regexp.QuoteMeta(fails)+`: answered `, out.String())
			}
			require.NotContains(t, out.String(), "checks passed")
		})
	}
}

// The same of what the control API handed out, several at a time.
func TestOnceNoticesWhatIsWrongOfTheControlAPI(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*issued)
		fails []string
	}{
		"refused what should pass": {func(k *issued) {
			k.streamToken = "a.b.c"
			k.firstAnswered.status = 401
			k.second = k.first
			k.turnUID = strings.Repeat("0", 32)
		}, []string{"stream token of the control API", "relay token before its rotation", "relay token in its place", "TURN credential"}},
		"passed what should not": {func(k *issued) {
			k.first = k.second
			k.subscriber = k.second
			k.turnKey = strings.Repeat("0", 64)
		}, []string{"relay token that was rotated away", "relay token of a subscriber", "TURN credential"}},
		"other than it should be": {func(k *issued) {
			k.second = k.subscriber
			k.relay = strings.Repeat("0", 32)
			k.turnKey = "x"
		}, []string{"relay token in its place", "relay token of a subscriber", "TURN credential"}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			require.ErrorContains(t, Once(t.Context(), Config{Out: &out, spoil: c.spoil}), "checks failed")
			for _, fails := range c.fails {
				require.Regexp(t, `(?m)^FAIL  `+regexp.QuoteMeta(fails)+`: `, out.String())
			}
			require.Regexp(t, `(?m)^ok    allowed URL$`, out.String())
			require.NotContains(t, out.String(), "checks passed")
		})
	}
}

// The database of the control API is gone afterwards, also when the demonstration does not get far.
func TestNothingIsLeftOnDisk(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("HOME", dir)
	t.Setenv("XDG_STATE_HOME", dir)
	seen := false
	require.NoError(t, Once(t.Context(), Config{Out: io.Discard, spoil: func(*issued) {
		files, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, files, 1)
		info, err := files[0].Info()
		require.NoError(t, err)
		require.Equal(t, os.ModeDir|0o700, info.Mode())
		seen = true
	}}))
	require.True(t, seen)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, Once(ctx, Config{Out: io.Discard}))
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, files)
}

// A check fails on any answer but its own, whatever the check.
func TestEveryCheckCanFail(t *testing.T) {
	s, minted := stageForTest(t)
	for _, c := range s.checks(minted) {
		require.NoError(t, s.run(t.Context(), c), c.name)
		other := c
		other.status = 418
		require.Error(t, s.run(t.Context(), other), c.name)
		other = c
		other.reason = "another"
		require.Error(t, s.run(t.Context(), other), c.name)
		if c.extra != nil && c.name != "no token reached the origin" {
			require.Error(t, c.extra(answer{status: c.status, header: http.Header{}, body: []byte("#EXTM3U")}), c.name)
		}
	}
	s.origin.sawToken.Store(true)
	require.Error(t, s.originSawNone(answer{}))
}

// The witness at the origin knows a token when it is sent one.
func TestOriginNoticesTokens(t *testing.T) {
	for name, spoil := range map[string]func(*http.Request){
		"in the path":   func(r *http.Request) { r.RequestURI = "/eyJhbGciOiJSUzI1NiJ9.e30.c2ln/manifest/video.m3u8" },
		"in the query":  func(r *http.Request) { r.RequestURI = "/x?token=eyJhbGciOiJSUzI1NiJ9.e30.c2ln" },
		"in the header": func(r *http.Request) { r.Header.Set("Referer", "http://h/eyJhbGciOiJSUzI1NiJ9.e30.c2ln/") },
	} {
		r := &http.Request{RequestURI: "/" + subject + "/manifest/video.m3u8", Header: http.Header{"Range": {"bytes=0-1"}}}
		require.False(t, carriesToken(r))
		spoil(r)
		require.True(t, carriesToken(r), name)
	}
}

func TestRunServesUntilInterruptedAndClosesAll(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	out, shown := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := Run(ctx, Config{Out: shown, Log: io.Discard})
		shown.Close()
		ended <- err
	}()
	var text strings.Builder
	page := regexp.MustCompile(`open this page in a browser: (http://127.0.0.1:\d+/)\n`)
	buf := make([]byte, 4096)
	for !page.MatchString(text.String()) {
		n, err := out.Read(buf)
		require.NoError(t, err)
		text.Write(buf[:n])
	}
	resp, err := http.Get(page.FindStringSubmatch(text.String())[1])
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, 200, resp.StatusCode)

	interrupt()
	select {
	case err := <-ended:
		require.NoError(t, err)
	case <-time.After(20 * time.Second):
		t.Fatal("it does not end")
	}
	for _, addr := range regexp.MustCompile(`127\.0\.0\.1:\d+`).FindAllString(text.String(), -1) {
		// Another program that runs beside this may be given the port as soon as it is free, and gives it back; a listener left behind stays.
		require.Eventually(t, func() bool {
			conn, err := net.Dial("tcp", addr)
			if err == nil {
				conn.Close()
			}
			return err != nil
		}, 20*time.Second, 50*time.Millisecond, "something still listens on %s", addr)
	}
}

func TestNoTokenIsLogged(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	var log lockedBuffer
	var out lockedBuffer
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, Config{Out: &out, Log: &log}) }()
	blocked := regexp.MustCompile(`(?m)^blocked: .*\n  curl -i (\S+)\n`)
	ask := func() { // until the answer is logged, which begins after the page is shown
		if m := blocked.FindStringSubmatch(out.String()); m != nil {
			if resp, err := http.Get(m[1]); err == nil {
				resp.Body.Close()
			}
		}
	}
	require.Eventually(t, func() bool { ask(); return strings.Contains(log.String(), "rule_blocked") }, 20*time.Second, 50*time.Millisecond)
	interrupt()
	require.NoError(t, <-ended)
	require.NotContains(t, log.String(), "eyJ")
}

// stageForTest starts everything and closes it with the test.
func stageForTest(t *testing.T) (*stage, tokens) {
	t.Helper()
	s, err := start(t.Context(), Config{}, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.close()) })
	minted, err := s.mint.tokens()
	require.NoError(t, err)
	return s, minted
}
