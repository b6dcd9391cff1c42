//go:build integration

package turn

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	pion "github.com/pion/turn/v5"
	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/turn"
)

// allocate logs in to a TURN server and gives the relayed address.
func allocate(t *testing.T, addr, username, password string) (net.PacketConn, *pion.Client, error) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	client, err := pion.NewClient(&pion.ClientConfig{
		Conn: conn, STUNServerAddr: addr, TURNServerAddr: addr, Username: username, Password: password, LoggerFactory: quiet(),
	})
	require.NoError(t, err)
	require.NoError(t, client.Listen())
	t.Cleanup(func() {
		client.Close()
		_ = conn.Close()
	})
	relay, err := client.Allocate()
	if err == nil {
		t.Cleanup(func() { _ = relay.Close() })
	}
	return relay, client, err
}

// relays sends a datagram from one relayed address to another, and one back.
func relays(t *testing.T, addr string, a, b turn.Credential) {
	t.Helper()
	from, fromClient, err := allocate(t, addr, a.Username, a.Password)
	require.NoError(t, err)
	to, toClient, err := allocate(t, addr, b.Username, b.Password)
	require.NoError(t, err)
	require.NoError(t, fromClient.CreatePermission(to.LocalAddr()))
	require.NoError(t, toClient.CreatePermission(from.LocalAddr()))
	for _, way := range []struct{ from, to net.PacketConn }{{from, to}, {to, from}} {
		sent := []byte("a datagram by way of " + addr)
		buf := make([]byte, 1500)
		for deadline := time.Now().Add(time.Minute); ; { // UDP may lose one
			_, err := way.from.WriteTo(sent, way.to.LocalAddr())
			require.NoError(t, err)
			require.NoError(t, way.to.SetReadDeadline(time.Now().Add(500*time.Millisecond)))
			n, peer, err := way.to.ReadFrom(buf)
			if err == nil {
				require.Equal(t, sent, buf[:n])
				require.Equal(t, way.from.LocalAddr().String(), peer.String())
				break
			}
			require.True(t, time.Now().Before(deadline), "%v", err)
		}
	}
}

// TestCredentialsOpenARelay: minted credentials allocate, and what is sent through one allocation comes out of the other.
func TestCredentialsOpenARelay(t *testing.T) {
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			key := turn.GenerateKey()
			addr := start(t, key)
			plain, err := key.Credential(turn.DefaultTTL, "", time.Now())
			require.NoError(t, err)
			alice, err := key.Credential(turn.MaxTTL, "alice@example.com", time.Now())
			require.NoError(t, err)
			relays(t, addr, plain, alice)
		})
	}
}

// TestEveryIdentifierIsUnderstood: what ValidIdentifier allows, a server accepts.
func TestEveryIdentifierIsUnderstood(t *testing.T) {
	identifiers := []string{
		"4523958", "9999999999", "0", "-1", "+1", "auth0|507f1f77bcf86cd799439020", "A-Z._~@+=|", "union", "select", strings.Repeat("x", turn.MaxIdentifierBytes), "=", "|",
	}
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			key := turn.GenerateKey()
			addr := start(t, key)
			for _, id := range identifiers {
				c, err := key.Credential(time.Hour, id, time.Now())
				require.NoError(t, err)
				_, _, err = allocate(t, addr, c.Username, c.Password)
				require.NoError(t, err, id)
			}
		})
	}
}

// TestRefused: a credential that has ended, one of another key, and ones whose username was changed open nothing, and Check
// refuses them too.
func TestRefused(t *testing.T) {
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			key, stranger := turn.GenerateKey(), turn.GenerateKey()
			addr := start(t, key)
			now := time.Now()
			good, err := key.Credential(time.Hour, "alice", now)
			require.NoError(t, err)
			ended, err := key.Credential(time.Minute, "alice", now.Add(-2*time.Minute))
			require.NoError(t, err)
			forged, err := stranger.Credential(time.Hour, "alice", now)
			require.NoError(t, err)
			swap := func(from, to string) turn.Credential {
				changed := good
				changed.Username = strings.Replace(good.Username, from, to, 1)
				require.NotEqual(t, good.Username, changed.Username)
				return changed
			}
			later := fmt.Sprint(good.Expires.Add(time.Hour).Unix())
			for what, c := range map[string]struct {
				turn.Credential
				want error
			}{
				"ended":           {ended, turn.ErrExpired},
				"forged":          {forged, turn.ErrForged},
				"another user":    {swap("alice", "bob"), turn.ErrForged},
				"another end":     {swap(strings.TrimSuffix(good.Username, ":alice"), later), turn.ErrForged},
				"more of a user":  {swap("alice", "alice2"), turn.ErrForged},
				"turned":          {turn.Credential{Username: "alice:" + later, Password: good.Password}, turn.ErrMalformed},
				"no password":     {turn.Credential{Username: good.Username, Password: "x"}, turn.ErrForged},
				"ended, extended": {turn.Credential{Username: good.Username, Password: ended.Password}, turn.ErrForged},
			} {
				_, _, err := allocate(t, addr, c.Username, c.Password)
				require.Error(t, err, what)
				require.ErrorContains(t, err, "Allocate error response (error 40", "%s: it must be an answer, not silence", what)
				_, err = key.Check(c.Username, c.Password, now)
				require.ErrorIs(t, err, c.want, what)
			}
			_, _, err = allocate(t, addr, good.Username, good.Password)
			require.NoError(t, err, "the same server accepts the good one")
		})
	}
}

// TestWhatIdentifiersMustNotHold shows at the servers why ValidIdentifier leaves out what it does: with the right password,
// coturn refuses these, or reads another end out of them.
func TestWhatIdentifiersMustNotHold(t *testing.T) {
	key := turn.GenerateKey()
	coturn, pionServer := startCoturn(t, key), startPion(t, key)
	end := fmt.Sprint(time.Now().Add(time.Hour).Unix())
	past := fmt.Sprint(time.Now().Add(-time.Hour).Unix())
	for _, c := range []struct {
		username     string
		coturn, pion bool
	}{
		{end + ":alice", true, true},
		{end + ":a b", false, true},
		{end + ":a'b", false, true},
		{end + `:a"b`, false, true},
		{end + `:a\b`, false, true},
		{end + ":union-SELECT", false, true},
		{"alice:" + end, true, false},         // the end behind the user
		{past + "x:" + end, true, false},      // one stray letter, and coturn looks behind the colon
		{past + ":" + end, false, false},      // digits alone before it: that is the end
		{"+" + end + ":" + past, false, true}, // a sign is no digit for coturn, and part of a number for pion
	} {
		_, _, err := allocate(t, coturn, c.username, passwordOf(key, c.username))
		require.Equal(t, c.coturn, err == nil, "coturn: %s: %v", c.username, err)
		_, _, err = allocate(t, pionServer, c.username, passwordOf(key, c.username))
		require.Equal(t, c.pion, err == nil, "pion: %s: %v", c.username, err)
		_, err = key.Check(c.username, passwordOf(key, c.username), time.Now())
		require.Equal(t, c.username == end+":alice", err == nil, "%s: %v", c.username, err)
	}
}

// TestSeparatorMustBeTheColon: a coturn told to look for another character takes the end from behind it, out of an identifier.
func TestSeparatorMustBeTheColon(t *testing.T) {
	key := turn.GenerateKey()
	ended, err := key.Credential(time.Minute, fmt.Sprint("a-", time.Now().Add(time.Hour).Unix()), time.Now().Add(-time.Hour))
	require.NoError(t, err)
	_, _, err = allocate(t, startCoturn(t, key), ended.Username, ended.Password)
	require.Error(t, err)
	_, _, err = allocate(t, startCoturn(t, key, "rest-api-separator=-"), ended.Username, ended.Password)
	require.NoError(t, err)
}

// passwordOf is the password of any username, also of one that package turn does not write.
func passwordOf(key *turn.Key, username string) string {
	h := hmac.New(sha1.New, []byte(key.Secret()))
	h.Write([]byte(username))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// TestPionMintsTheSame: pion/turn's own generator and ours agree to the byte, and each accepts the other's.
func TestPionMintsTheSame(t *testing.T) {
	key := turn.GenerateKey()
	username, password, err := pion.GenerateLongTermTURNRESTCredentials(key.Secret(), "alice", time.Hour)
	require.NoError(t, err)
	holder, err := key.Check(username, password, time.Now())
	require.NoError(t, err)
	require.Equal(t, "alice", holder.Identifier)
	ours, err := key.Credential(time.Hour, "alice", holder.Expires.Add(-time.Hour))
	require.NoError(t, err)
	require.Equal(t, turn.Credential{Username: username, Password: password, Expires: holder.Expires}, ours)
}
