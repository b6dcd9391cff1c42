//go:build integration

package browser

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// browsers are where Debian installs them. A missing one fails the test.
var browsers = []struct{ name, path string }{
	{"chromium", "/usr/bin/chromium"},
	{"firefox", "/usr/bin/firefox-esr"},
}

// refusal is what Chromium says of the three URLs that are refused.
var refusal = regexp.MustCompile(`^Failed to load resource: the server responded with a status of 40[13] `)

// seen is what play.mjs prints.
type seen struct {
	CurrentTime, Duration float64
	Width, Height, Frames int
	Colours               int
	Buffered              [][2]float64
	State                 string
	Answers               [][2]string
	TimedOut              bool
	Requests, Messages    []string
	Version               string
}

// The page in each browser: the video plays, each URL has its answer, and nothing comes from elsewhere.
func TestPage(t *testing.T) {
	page := startDemo(t)
	for _, b := range browsers {
		t.Run(b.name, func(t *testing.T) {
			s := open(t, b.name, b.path, page)
			t.Logf("%s: at %.2f of %.2f s, %d frames of %dx%d", s.Version, s.CurrentTime, s.Duration, s.Frames, s.Width, s.Height)
			for _, m := range s.Messages {
				if !refusal.MatchString(m) {
					t.Errorf("the browser complains: %s", m)
				}
			}
			t.Run("video", func(t *testing.T) { checkVideo(t, s) })
			t.Run("answers", func(t *testing.T) { checkAnswers(t, s) })
			t.Run("requests", func(t *testing.T) { checkRequests(t, s, page) })
		})
	}
}

func checkVideo(t *testing.T, s seen) {
	if s.TimedOut {
		t.Errorf("the page did not get there in time; it says %q", s.State)
	}
	if s.CurrentTime <= 1 {
		t.Errorf("the video stands at %v s", s.CurrentTime)
	}
	if s.Duration < 5.9 || s.Duration > 6.2 {
		t.Errorf("the video lasts %v s instead of 6", s.Duration)
	}
	if s.Frames < 10 || s.Width != 320 || s.Height != 180 {
		t.Errorf("%d frames of %dx%d", s.Frames, s.Width, s.Height)
	}
	if s.Colours < 50 {
		t.Errorf("the frame shown has %d colours: nothing was decoded", s.Colours)
	}
	if len(s.Buffered) != 1 {
		t.Errorf("the video has holes: %v", s.Buffered)
	}
}

func checkAnswers(t *testing.T, s seen) {
	want := [][2]string{
		{"allowed", "200 "},
		{"blocked", "403 rule_blocked"},
		{"expired", "401 token_expired"},
		{"forged", "401 signature_invalid"},
	}
	if !slices.Equal(s.Answers, want) {
		t.Errorf("the page shows %q instead of %q", s.Answers, want)
	}
}

func checkRequests(t *testing.T, s seen, page string) {
	loopback := 0
	for _, r := range s.Requests {
		u, err := url.Parse(r)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case u.Scheme == "http" && u.Hostname() == "127.0.0.1":
			loopback++
		case u.Scheme == "blob" && strings.HasPrefix(u.Opaque, page):
		case u.Scheme == "data": // the browser's own: the icons of its video controls
		default:
			t.Errorf("the page asked for %s://%s", u.Scheme, u.Host)
		}
	}
	// The page, its style, two scripts, the URLs, four of them, two playlists and four segments.
	if loopback < 15 {
		t.Errorf("only %d requests were seen", loopback)
	}
}

// startDemo builds the command, runs the demonstration until the test ends, and gives the page's URL.
func startDemo(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "streamtoken")
	build := exec.Command("go", "build", "-o", binary, "./cmd/streamtoken")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	demo := exec.Command(binary, "demo")
	stdout, err := demo.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	demo.Stderr = &stderr
	if err := demo.Start(); err != nil {
		t.Fatal(err)
	}
	pageLine := regexp.MustCompile(`^open this page in a browser: (http://127\.0\.0\.1:\d+/)$`)
	found := make(chan string, 1)
	read := make(chan struct{})
	go func() {
		defer close(read)
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			if m := pageLine.FindStringSubmatch(lines.Text()); m != nil {
				found <- m[1]
			}
		}
	}()
	t.Cleanup(func() {
		demo.Process.Signal(syscall.SIGTERM)
		<-read
		if err := demo.Wait(); err != nil {
			t.Errorf("the demonstration did not end well: %v\n%s", err, &stderr)
		}
	})
	select {
	case page := <-found:
		return page
	case <-read:
	case <-time.After(time.Minute):
	}
	t.Fatal("the demonstration named no page")
	return ""
}

// open loads the page in one headless browser with a fresh profile.
func open(t *testing.T, name, path, page string) seen {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("this test needs %s: %v", name, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	args := []string{"play.mjs", name, path, page, t.TempDir()}
	if dir := os.Getenv("STREAMTOKEN_SCREENSHOTS"); dir != "" {
		args = append(args, filepath.Join(dir, name+".png"))
	}
	node := exec.CommandContext(ctx, "node", args...)
	var stderr bytes.Buffer
	node.Stderr = &stderr
	out, err := node.Output()
	if err != nil {
		t.Fatalf("play.mjs: %v\n%s", err, &stderr)
	}
	var s seen
	d := json.NewDecoder(bytes.NewReader(out))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Token(); err != io.EOF {
		t.Fatal("play.mjs printed more than one object")
	}
	return s
}
