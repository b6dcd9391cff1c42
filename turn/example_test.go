package turn_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/streamtoken/streamtoken/turn"
)

// A service that lets its users relay through a TURN server of its own answers with what their browsers need.
func Example() {
	key, err := turn.NewKey("0123456789abcdef0123456789abcdef", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")
	if err != nil {
		panic(err)
	}
	c, err := key.Credential(turn.DefaultTTL, "user4523958", time.Unix(1780000000, 0))
	if err != nil {
		panic(err)
	}
	servers, err := turn.NewICEServers("turn.example.com", c)
	if err != nil {
		panic(err)
	}
	out, _ := json.MarshalIndent(servers.ICEServers[1], "", "  ")
	fmt.Println(string(out))
	// Output:
	// {
	//   "urls": [
	//     "turn:turn.example.com:3478?transport=udp",
	//     "turn:turn.example.com:3478?transport=tcp",
	//     "turn:turn.example.com:80?transport=tcp",
	//     "turns:turn.example.com:5349?transport=tcp",
	//     "turns:turn.example.com:443?transport=tcp"
	//   ],
	//   "username": "1780086400:user4523958",
	//   "credential": "57xRlpw4uUhPt/xyg4KkjGs31eo="
	// }
}
