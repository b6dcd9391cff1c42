package moq

import "time"

// Operation is what a relay token permits.
type Operation string

// The operations of a relay token.
const (
	Publish   Operation = "publish"
	Subscribe Operation = "subscribe"
)

// Claims is what a relay token says.
type Claims struct {
	Relay      string      // sub: the relay's uid
	ID         string      // jti: names the token in the relay's accepted set
	Operations []Operation // not empty, none twice
	IssuedAt   time.Time
	Expires    time.Time
}
