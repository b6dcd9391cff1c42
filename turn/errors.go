package turn

import "errors"

// Errors of this package, to compare with errors.Is. None repeats an input.
var (
	ErrNoKey      = errors.New("turn: no key")
	ErrKey        = errors.New("turn: a key has a uid of 32 and a secret of 64 lower-case hexadecimal digits")
	ErrTTL        = errors.New("turn: the time to live must be whole seconds, 1 to 172800 (48 hours)")
	ErrIdentifier = errors.New("turn: the identifier must have 1 to 64 printable ASCII characters, without space and colon")
	ErrExpiry     = errors.New("turn: the credential would end before 1970 or after 9999")
	ErrHost       = errors.New("turn: not the name or address of a host")

	// What Check finds, in the order in which it looks.
	ErrMalformed = errors.New("turn: the username has not the form <unix seconds>:<identifier>")
	ErrForged    = errors.New("turn: the credential does not belong to this username and key")
	ErrExpired   = errors.New("turn: the credential has ended")
	ErrLifetime  = errors.New("turn: the credential ends later than any may")
)
