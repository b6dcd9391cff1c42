package turn

import (
	"fmt"
	"io"
	"log/slog"
	"time"
)

// How long a credential may last.
const (
	MinTTL     = time.Second
	MaxTTL     = 48 * time.Hour // Cloudflare Realtime, TURN FAQ
	DefaultTTL = 24 * time.Hour // ours, the value of Cloudflare's examples: what it takes when none is given is not documented

	// Slack is how far beyond MaxTTL from now a credential may end and still be accepted: the clock of who made it may run
	// ahead.
	Slack = 5 * time.Minute
)

// Credential is what a TURN client logs in with, until Expires. Printed or logged it shows everything but the password;
// marshalled it is whole.
type Credential struct {
	Username string    `json:"username"`
	Password string    `json:"credential"` // called so in the configuration of a browser and in Cloudflare's API
	Expires  time.Time `json:"expires"`    // whole seconds, UTC; servers accept it within this second still
}

// TTL gives n seconds as a time to live. Outside of MinTTL to MaxTTL it is ErrTTL. It is for numbers from outside, which
// time.Duration(n)*time.Second could turn over into what is allowed.
func TTL(n int64) (time.Duration, error) {
	if n < int64(MinTTL/time.Second) || n > int64(MaxTTL/time.Second) {
		return 0, ErrTTL
	}
	return time.Duration(n) * time.Second, nil
}

// Credential makes a credential that is good until ttl after now. ttl is whole seconds from MinTTL to MaxTTL, and 0 is no
// default: ErrTTL. identifier tells users apart at the server; "" is the key's uid, and any other must be a ValidIdentifier
// and not the key's secret: ErrIdentifier. It can be read by whoever holds or carries the credential. A fraction of now's
// second is dropped; an end that cannot be written is ErrExpiry; the zero Key is ErrNoKey. Safe for concurrent use.
func (k *Key) Credential(ttl time.Duration, identifier string, now time.Time) (Credential, error) {
	if k.macs == nil {
		return Credential{}, ErrNoKey
	}
	if ttl < MinTTL || ttl > MaxTTL || ttl%time.Second != 0 {
		return Credential{}, ErrTTL
	}
	if identifier == "" {
		identifier = k.uid
	} else if !ValidIdentifier(identifier) || identifier == k.secret() {
		return Credential{}, ErrIdentifier
	}
	expires := now.Unix() + int64(ttl/time.Second) // negative if it overflows
	if expires < 1 || expires > maxExpiry {
		return Credential{}, ErrExpiry
	}
	username := writeUsername(expires, identifier)
	return Credential{Username: username, Password: k.macs().password(username), Expires: unix(expires)}, nil
}

// Holder is who a credential was made for.
type Holder struct {
	Identifier string    // the key's uid if none was given
	Expires    time.Time // whole seconds, UTC
}

// Check tells whether password is the credential of username under this key, and good at now. It looks in this order, and
// the first failure is the answer, with a zero Holder: the form of username, which must be the one that Credential writes
// (ErrMalformed); the password, byte for byte in constant time (ErrForged); the end, good while end >= now in whole seconds,
// as coturn and pion/turn have it (ErrExpired); and no end beyond now + MaxTTL + Slack, which this key's owner would not have
// set (ErrLifetime). The zero Key is ErrNoKey.
//
// It does not check whether the credential is in use, or from where, and there is no list of what was made: a good answer
// says that someone who had the key made it. Safe for concurrent use.
func (k *Key) Check(username, password string, now time.Time) (Holder, error) {
	if k.macs == nil {
		return Holder{}, ErrNoKey
	}
	expires, identifier, ok := parseUsername(username)
	if !ok {
		return Holder{}, ErrMalformed
	}
	if !k.macs().matches(username, password) {
		return Holder{}, ErrForged
	}
	if err := checkTime(expires, now.Unix()); err != nil {
		return Holder{}, err
	}
	return Holder{Identifier: identifier, Expires: unix(expires)}, nil
}

// Password gives the password that belongs to username, for a TURN server of one's own: the client proves that it has the
// password without sending it (RFC 8489, long-term credentials), so the server must make it again. The username is judged as
// Check does, with the same errors but ErrForged: whether the client has the password is for the server to find out. Safe for
// concurrent use.
func (k *Key) Password(username string, now time.Time) (string, error) {
	if k.macs == nil {
		return "", ErrNoKey
	}
	expires, _, ok := parseUsername(username)
	if !ok {
		return "", ErrMalformed
	}
	if err := checkTime(expires, now.Unix()); err != nil {
		return "", err
	}
	return k.macs().password(username), nil
}

func checkTime(expires, now int64) error {
	switch {
	case expires < now:
		return ErrExpired
	case expires > now+int64((MaxTTL+Slack)/time.Second): // no overflow: now <= expires here
		return ErrLifetime
	}
	return nil
}

// String gives all but the password.
func (c Credential) String() string {
	return fmt.Sprintf("turn.Credential(%q until %s)", c.Username, c.Expires.Format(time.RFC3339))
}

// Format is String for every verb.
func (c Credential) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue is String, for log/slog.
func (c Credential) LogValue() slog.Value { return slog.StringValue(c.String()) }
