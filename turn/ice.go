package turn

import (
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"strings"
)

// ICEServer is one server as a browser is told of it (W3C WebRTC: RTCIceServer). Printed or logged it shows its URLs only.
type ICEServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

// ICEServers is what Cloudflare's generate-ice-servers call answers, and the iceServers of an RTCPeerConnection: STUN by
// itself, then TURN with the credential.
type ICEServers struct {
	ICEServers []ICEServer `json:"iceServers"`
}

// ICEServersObject is what Cloudflare's older generate call answers: one server, not a list of servers.
type ICEServersObject struct {
	ICEServers ICEServer `json:"iceServers"`
}

// The ports and transports of Cloudflare's answers, in their order.
var (
	stunURL  = "stun:%s:3478"
	turnURLs = []string{
		"turn:%s:3478?transport=udp",
		"turn:%s:3478?transport=tcp",
		"turn:%s:80?transport=tcp",
		"turns:%s:5349?transport=tcp",
		"turns:%s:443?transport=tcp",
	}
	objectURLs = []string{
		"stun:%s:3478",
		"turn:%s:3478?transport=udp",
		"turn:%s:3478?transport=tcp",
		"turns:%s:5349?transport=tcp",
	}
)

// NewICEServers gives the answer of the generate-ice-servers call for a server at host, with the URLs of Cloudflare's list in
// its order: STUN and TURN on 3478, TCP on 80 too, TLS on 5349 and 443. Clients try what does not answer, and go on.
//
// host is the name of a host in ASCII (an internationalized one as xn--), or an IP address; IPv6 with or without brackets,
// without a zone. Anything else, a port for one, is ErrHost. Whether there is such a host, and what it serves, is not asked.
func NewICEServers(host string, c Credential) (ICEServers, error) {
	host, err := urlHost(host)
	if err != nil {
		return ICEServers{}, err
	}
	return ICEServers{[]ICEServer{
		{URLs: urls(host, stunURL)},
		{URLs: urls(host, turnURLs...), Username: c.Username, Credential: c.Password},
	}}, nil
}

// NewICEServersObject gives the answer of the generate call: as NewICEServers, with the four URLs that this call is
// documented to give.
func NewICEServersObject(host string, c Credential) (ICEServersObject, error) {
	host, err := urlHost(host)
	if err != nil {
		return ICEServersObject{}, err
	}
	return ICEServersObject{ICEServer{URLs: urls(host, objectURLs...), Username: c.Username, Credential: c.Password}}, nil
}

func urls(host string, patterns ...string) []string {
	list := make([]string, len(patterns))
	for i, p := range patterns {
		list[i] = strings.Replace(p, "%s", host, 1)
	}
	return list
}

// urlHost gives host as it stands in a URL of RFC 7064 and 7065, which knows no user, path or fragment to hide one in: what
// is not plainly a host is refused.
func urlHost(host string) (string, error) {
	name := host
	if inner, ok := strings.CutPrefix(host, "["); ok {
		if name, ok = strings.CutSuffix(inner, "]"); !ok || !strings.Contains(name, ":") {
			return "", ErrHost
		}
	}
	if addr, err := netip.ParseAddr(name); err == nil {
		switch {
		case addr.Zone() != "":
			return "", ErrHost
		case addr.Is6():
			return "[" + addr.String() + "]", nil
		}
		return addr.String(), nil
	}
	if !validHostName(host) {
		return "", ErrHost
	}
	return host, nil
}

// validHostName: RFC 1123, section 2.1. A name whose last label begins with a digit is one that some would read as an address
// ("127.1", "0x7f.1").
func validHostName(name string) bool {
	if len(name) > 253 {
		return false
	}
	var last string
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			c := label[i]
			if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' {
				return false
			}
		}
		last = label
	}
	return last != "" && (last[0] < '0' || last[0] > '9')
}

// String gives the URLs only.
func (s ICEServer) String() string { return "turn.ICEServer(" + strings.Join(s.URLs, " ") + ")" }

// Format is String for every verb.
func (s ICEServer) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue is String, for log/slog.
func (s ICEServer) LogValue() slog.Value { return slog.StringValue(s.String()) }
