package turn_test

import (
	"encoding/json"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/turn"
)

var login = turn.Credential{Username: "1780000060:alice", Password: "WAHZoAoS7dQLVpW62Y51orB03+/="}

// TestICEServers: the documented answers, with another host and credential.
func TestICEServers(t *testing.T) {
	list, err := turn.NewICEServers("turn.example.com", login)
	require.NoError(t, err)
	out, err := json.Marshal(list)
	require.NoError(t, err)
	require.Equal(t, `{"iceServers":[{"urls":["stun:turn.example.com:3478"]},{"urls":["turn:turn.example.com:3478?transport=udp",`+
		`"turn:turn.example.com:3478?transport=tcp","turn:turn.example.com:80?transport=tcp","turns:turn.example.com:5349?transport=tcp",`+
		`"turns:turn.example.com:443?transport=tcp"],"username":"1780000060:alice","credential":"WAHZoAoS7dQLVpW62Y51orB03+/="}]}`, string(out))

	object, err := turn.NewICEServersObject("turn.example.com", login)
	require.NoError(t, err)
	out, err = json.Marshal(object)
	require.NoError(t, err)
	require.Equal(t, `{"iceServers":{"urls":["stun:turn.example.com:3478","turn:turn.example.com:3478?transport=udp","turn:turn.example.com:3478?transport=tcp",`+
		`"turns:turn.example.com:5349?transport=tcp"],"username":"1780000060:alice","credential":"WAHZoAoS7dQLVpW62Y51orB03+/="}}`, string(out))

	// Each answer is the caller's own.
	list.ICEServers[1].URLs[0] = "changed"
	again, err := turn.NewICEServers("turn.example.com", login)
	require.NoError(t, err)
	require.Equal(t, "turn:turn.example.com:3478?transport=udp", again.ICEServers[1].URLs[0])
}

func TestHosts(t *testing.T) {
	for host, want := range map[string]string{
		"localhost": "localhost", "turn.example.com": "turn.example.com", "TURN.Example.COM": "TURN.Example.COM", "a": "a", "1a.b": "1a.b", "3.turn": "3.turn",
		"xn--bcher-kva.example": "xn--bcher-kva.example", "192.0.2.1": "192.0.2.1", "::1": "[::1]", "[::1]": "[::1]", "2001:DB8::0:1": "[2001:db8::1]",
		strings.Repeat("a", 63) + ".b": strings.Repeat("a", 63) + ".b",
	} {
		list, err := turn.NewICEServers(host, login)
		require.NoError(t, err, host)
		require.Equal(t, "stun:"+want+":3478", list.ICEServers[0].URLs[0])
	}
	for _, host := range []string{
		"", " ", ".", "a.", ".a", "a..b", "-a", "a-", "a.-b", "a b", "a\n", "a:3478", "[a]", "[::1", "::1]", "[::1]:3478", "[192.0.2.1]", "[]", "[[::1]]", "fe80::1%eth0", "[fe80::1%25eth0]",
		"turn:a", "a/b", "a?b", "a#b", "user@a", "a%2eb", "a_b", "*.a", "a,b", "b\u00fccher.example", "\uff11.a", "127.1", "1", "256.1.1.1", "01.2.3.4", "0x7f.1", "0x7f000001", "a.1", "a\x00",
		strings.Repeat("a", 64), strings.Repeat("a.", 127) + "a", "%s",
	} {
		list, err := turn.NewICEServers(host, login)
		require.ErrorIs(t, err, turn.ErrHost, host)
		require.Zero(t, list)
		object, err := turn.NewICEServersObject(host, login)
		require.ErrorIs(t, err, turn.ErrHost, host)
		require.Zero(t, object)
	}
}

// FuzzHost: a host that is taken stands in each URL between scheme and port, and net/url finds there that very host and no
// other part.
func FuzzHost(f *testing.F) {
	for _, host := range []string{"localhost", "turn.example.com", "192.0.2.1", "::1", "[2001:db8::1]", "::ffff:1.2.3.4", "a:1", "a@b", "fe80::1%eth0", "127.1", "a/b", "a..b", "-a", "%s"} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		list, err := turn.NewICEServers(host, login)
		if err != nil {
			return
		}
		object, err := turn.NewICEServersObject(host, login)
		if err != nil {
			t.Fatal("one shape takes it, the other does not")
		}
		for _, s := range append(list.ICEServers, object.ICEServers) {
			for _, text := range s.URLs {
				scheme, rest, _ := strings.Cut(text, ":")
				u, err := url.Parse(scheme + "://" + rest)
				if err != nil {
					t.Fatal(err)
				}
				want := strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
				if addr, err := netip.ParseAddr(want); err == nil {
					want = addr.String()
				}
				if u.Hostname() != want || u.User != nil || u.Path != "" || u.Fragment != "" || u.Port() == "" {
					t.Fatalf("%q", text)
				}
			}
		}
	})
}
