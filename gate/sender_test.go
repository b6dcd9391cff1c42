package gate_test

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/gate"
	"github.com/streamtoken/streamtoken/verifier"
)

// senders is a verifier that remembers one token, and who asked about it last.
type senders struct {
	token *verifier.Token
	last  uint64
}

func (s *senders) VerifyFrom(_ context.Context, _ string, sender uint64) (*verifier.Token, error) {
	s.last = sender
	return s.token, nil
}

func heldToken(t *testing.T, lines ...string) *verifier.Token {
	c := streamtoken.Claims{Subject: video, Expires: now.Add(time.Hour)}
	for _, line := range lines {
		r, err := accessrules.ParseText(line)
		require.NoError(t, err)
		c.AccessRules = append(c.AccessRules, r)
	}
	v := newVerifier(t)
	token, err := v.Verify(t.Context(), mint(t, c))
	require.NoError(t, err)
	return token
}

// One subscriber is one sender: an IPv4 address however it is written, the /64 of an IPv6 address, nobody without one.
func TestSenderIsANetwork(t *testing.T) {
	v := &senders{token: heldToken(t)}
	g, err := gate.New(gate.Config{Verifier: v})
	require.NoError(t, err)
	of := func(addr string) uint64 {
		viewer := accessrules.Viewer{}
		if addr != "" {
			viewer.Addr = netip.MustParseAddr(addr)
		}
		require.True(t, g.Decide(t.Context(), gate.Request{Viewer: viewer}).Allowed)
		return v.last
	}
	require.Zero(t, of(""))
	require.Equal(t, of("192.0.2.7"), of("::ffff:192.0.2.7"))
	require.Equal(t, of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"))
	require.Equal(t, of("fe80::1%a"), of("fe80::2%b"))
	seen := map[uint64]string{}
	for _, addr := range []string{"", "0.0.0.0", "192.0.2.7", "192.0.2.8", "7.2.0.192", "2001:db8:1:2::1", "2001:db8:1:3::1", "2001:db8:0:2::1", "fe80::1"} {
		require.NotContains(t, seen, of(addr), addr)
		seen[of(addr)] = addr
	}
	require.Equal(t, of(""), of("::1"), "nobody reaches a server from there but itself")
}

// To allow, the gate allocates nothing, whatever it had to look at.
func TestDecideAllocatesNothing(t *testing.T) {
	viewer := accessrules.Viewer{Addr: netip.MustParseAddr("192.0.2.7"), Locate: func(netip.Addr) accessrules.Country { return accessrules.ParseCountry("SE") }}
	for _, lines := range [][]string{nil, {"block ip 198.51.100.0/24,2001:db8::/32", "allow country SE", "block any"}} {
		g, err := gate.New(gate.Config{Verifier: &senders{token: heldToken(t, lines...)}})
		require.NoError(t, err)
		r := gate.Request{Token: "x", Viewer: viewer, Resource: gate.Resource{Subject: video}}
		require.True(t, g.Decide(t.Context(), r).Allowed)
		if ctx := t.Context(); !raceEnabled {
			require.Zero(t, testing.AllocsPerRun(50, func() { g.Decide(ctx, r) }))
		}
	}
}
