package turn

// ICEServer is one element of the iceServers of an RTCPeerConnection's configuration (W3C WebRTC, RTCIceServer).
type ICEServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

// ICEServers is the answer of Cloudflare's generate-ice-servers call.
type ICEServers struct {
	ICEServers []ICEServer `json:"iceServers"`
}

// OneICEServer is the answer of Cloudflare's generate call.
type OneICEServer struct {
	ICEServers ICEServer `json:"iceServers"`
}

// NewICEServers gives the answer of the generate-ice-servers call for TURN at host.
func NewICEServers(host string, c Credential) (ICEServers, error) { return ICEServers{}, ErrHost }

// NewOneICEServer gives the answer of the generate call for TURN at host.
func NewOneICEServer(host string, c Credential) (OneICEServer, error) { return OneICEServer{}, ErrHost }
