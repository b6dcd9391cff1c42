package edge

import "time"

// Bounds on what a stranger, or the origin, can make the server hold and for how long.
//
// There is no limit on the length of a response: a live stream has none. What is limited is how long a response, or a
// request body, may stand still (stall): a client that stops reading cannot keep an origin connection open.
const (
	// maxHeaderBytes bounds the request line and the headers together: the 32 KiB of a request target that the
	// middleware still looks at, to tell an overlong token by its reason, and as much again for a token in a header, a
	// Referer that repeats it, and the site's own cookies. Beyond it net/http answers 431. (It adds 4 KiB itself.)
	maxHeaderBytes = 64 << 10 // 64 KiB

	// maxOriginHeaderBytes bounds the origin's response headers.
	maxOriginHeaderBytes = 256 << 10 // 256 KiB
)

// limits are the times, in one place so that a test can shorten them.
type limits struct {
	readHeader   time.Duration // from the first byte, or the handshake, to the end of the headers
	idle         time.Duration // a kept-alive connection between two requests
	stall        time.Duration // a body in either direction that does not move
	drain        time.Duration // requests in flight when the server is told to stop
	dial         time.Duration // reaching the origin, TLS handshake included separately
	originHeader time.Duration // the origin's first answer; low-latency HLS holds a playlist request for some seconds
	tlsPoll      time.Duration // between looks at the certificate files when no event comes
}

// standard has stall above idle plus readHeader: the deadline a response leaves on its connection must not fall due
// while the connection waits for its next request.
func standard() limits {
	return limits{
		readHeader:   10 * time.Second,
		idle:         75 * time.Second,
		stall:        90 * time.Second,
		drain:        30 * time.Second,
		dial:         10 * time.Second,
		originHeader: 60 * time.Second,
		tlsPoll:      5 * time.Second,
	}
}
