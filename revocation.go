package streamtoken

import (
	"errors"
	"time"
)

// Revocation takes back what it names, exactly one of a key, a subject and a
// token, until a time or for good. It is a plain value.
type Revocation struct {
	KeyID   string    // every token signed with this key
	Subject string    // every token for this video or live input
	Digest  string    // one token: the lower-case hex SHA-256 of its bytes
	Until   time.Time // no longer in force from this time on; zero: for good
}

// Validate reports a Revocation that names nothing, more than one thing, or
// something that no token could have, which would revoke nothing and look as
// if it did.
func (r Revocation) Validate() error {
	named := 0
	for _, s := range []string{r.KeyID, r.Subject, r.Digest} {
		if s != "" {
			named++
		}
	}
	switch {
	case named == 0:
		return errors.New("streamtoken: revocation names neither a key id, a subject nor a digest")
	case named > 1:
		return errors.New("streamtoken: revocation names more than one of key id, subject and digest")
	case r.KeyID != "" && !ValidKeyID(r.KeyID):
		return errors.New("streamtoken: revocation: not a key id")
	case r.Subject != "" && !ValidSubject(r.Subject):
		return errors.New("streamtoken: revocation: not a subject")
	case r.Digest != "" && !validDigest(r.Digest):
		return errors.New("streamtoken: revocation: digest is not 64 lower-case hexadecimal digits")
	}
	return nil
}

func validDigest(s string) bool {
	if len(s) != 64 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
