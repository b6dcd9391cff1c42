//go:build integration

package turn

import (
	"fmt"
	"testing"

	"github.com/pion/stun/v4"
	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/turn"
)

// TestURLsAreRead: a reader of RFC 7064 and 7065 URLs finds the host, ports and transports in what a browser is given.
func TestURLsAreRead(t *testing.T) {
	for host, want := range map[string]string{"turn.example.com": "turn.example.com", "192.0.2.1": "192.0.2.1", "2001:db8::1": "2001:db8::1"} {
		list, err := turn.NewICEServers(host, turn.Credential{Username: "1:a", Password: "b"})
		require.NoError(t, err)
		var got []string
		for _, server := range list.ICEServers {
			for _, text := range server.URLs {
				u, err := stun.ParseURI(text)
				require.NoError(t, err, text)
				require.Equal(t, want, u.Host)
				got = append(got, fmt.Sprint(u.Scheme, " ", u.Port, " ", u.Proto))
			}
		}
		require.Equal(t, []string{"stun 3478 udp", "turn 3478 udp", "turn 3478 tcp", "turn 80 tcp", "turns 5349 tcp", "turns 443 tcp"}, got)
	}
}
