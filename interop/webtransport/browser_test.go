//go:build integration

package webtransport

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/moq"
)

// chromium is where Debian installs it.
const chromium = "/usr/bin/chromium"

// seen is what the page says of an attempt.
type seen struct {
	Ready           bool
	Greeting, Error string
	Version         string
	Over            bool
}

// A page in Chromium opens a session with a token in the URL, as a MoQ player does, loses it when the token is revoked, and
// is refused with any other.
func TestChromium(t *testing.T) {
	if _, err := os.Stat(chromium); err != nil {
		t.Fatalf("this test needs Chromium: %v", err)
	}
	r := newRelays(t)
	s, g := newServer(t, r, nil)
	base := "https://" + s.addr
	good := r.mint(t, nil)
	forger := newRelays(t)
	forger.key = rekeyed(t, forger.key, r.key.ID())
	refused := []string{
		"/", "/garbage.of.three", "/" + forger.mint(t, nil), "/?token=" + good, "/" + good + "/name",
		"/" + r.mint(t, func(_ *moq.Config, c *moq.Claims) { c.Relay = otherID }),
	}
	sum := sha256.Sum256(s.cert.Raw)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	args := []string{"browse.mjs", chromium, t.TempDir(), hex.EncodeToString(sum[:])}
	for _, target := range refused {
		args = append(args, base+target)
	}
	args = append(args, base+"/"+good, base+"/"+good)
	node := exec.CommandContext(ctx, "node", args...)
	var stderr bytes.Buffer
	node.Stderr = &stderr
	stdout, err := node.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, node.Start())
	lines := json.NewDecoder(stdout)
	next := func() (line seen) {
		t.Helper()
		require.NoError(t, lines.Decode(&line), "%s", &stderr)
		return line
	}

	for _, target := range refused {
		line := next()
		require.False(t, line.Ready, strings.ReplaceAll(target, good, "TOKEN"))
		require.Contains(t, line.Error, "WebTransportError: Opening handshake failed.")
	}
	require.Zero(t, g.asked.Load(), "the handler was asked")

	line := next()
	t.Log(line.Version)
	require.True(t, line.Ready, line.Error)
	require.Equal(t, relayID+" "+tokenID+" publish:true subscribe:true", line.Greeting)
	require.Equal(t, int64(1), g.asked.Load())
	r.accept(relayID)
	require.True(t, next().Over)
	require.False(t, next().Ready, "the revoked token opened another session")
	require.Equal(t, int64(1), g.asked.Load())
	require.NoError(t, node.Wait(), "%s", &stderr)
}
