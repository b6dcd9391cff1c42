package turn

import "errors"

// Errors of this package, to compare with errors.Is. None repeats an input.
var (
	ErrNoKey      = errors.New("turn: no key")
	ErrKey        = errors.New("turn: a TURN key has a uid of 32 and a key of 64 lower-case hexadecimal digits")
	ErrTTL        = errors.New("turn: the time to live must be 1 to 172800 whole seconds (48 hours)")
	ErrIdentifier = errors.New("turn: the identifier must have 1 to 64 characters of A-Z a-z 0-9 - . _ ~ @ + = |, and not read like SQL")
	ErrExpiry     = errors.New("turn: the credential would end before 1970 or after 9999")
	ErrHost       = errors.New("turn: the host must be a name of ASCII letters, digits, hyphens and dots, or an IP address, without a port")

	// What Check finds, in the order in which it looks.
	ErrMalformed = errors.New("turn: the username is not SECONDS:IDENTIFIER")
	ErrForged    = errors.New("turn: the credential does not belong to this username and key")
	ErrExpired   = errors.New("turn: the credential has ended")
	ErrLifetime  = errors.New("turn: the credential ends more than 48 hours from now")
)
