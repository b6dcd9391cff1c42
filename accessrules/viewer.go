package accessrules

import "net/netip"

// Viewer is who asks. The zero value is a viewer of whom nothing is known, whom every rule but [TypeAny] denies.
type Viewer struct {
	// Addr is the viewer's address; the zero Addr: unavailable. IPv4-mapped and zoned forms are read as what they stand for.
	Addr netip.Addr
	// Country is the viewer's country; zero: unavailable, unless Locate is set.
	Country Country
	// Locate, if set, is asked for the country when Country is CountryUnavailable and Addr is valid: at most once, only when a
	// country rule is reached, with the unmapped address without zone. What it answers is not checked beyond that.
	Locate func(netip.Addr) Country
}

// Missing is the fact a rule needed and did not have.
type Missing uint8

// What can be missing.
const (
	MissingNothing Missing = iota
	MissingIP              // no address: for an address rule, or for a country rule whose Locate could not be asked without one
	MissingCountry         // no country: no source, or the source failed
)

// String gives "nothing", "ip" or "country".
func (m Missing) String() string {
	switch m {
	case MissingNothing:
		return "nothing"
	case MissingIP:
		return "ip"
	case MissingCountry:
		return "country"
	}
	return "invalid"
}

// Verdict is the answer. The zero value does not allow.
type Verdict struct {
	Action  Action  // Allow or Block
	Rule    int     // index of the rule that decided, -1 when none matched
	Missing Missing // what the deciding rule lacked; Action is then Block whatever the rule says
}

// Allowed reports whether the viewer may watch.
func (v Verdict) Allowed() bool { return v.Action == Allow && v.Missing == MissingNothing }
