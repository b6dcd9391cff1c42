// Package accessrules decides whether a viewer may watch, by the access rules of a Stream token
// (Cloudflare Stream: securing your stream, "Supported Restrictions").
//
// # Meaning
//
// Rules are judged in order and the first that matches decides. A viewer no rule matches is ALLOWED: that is what Stream
// documents, and what makes a list of allow rules restrict nothing until a final block of type "any" closes it. [Lint] finds that
// and the other lists that look restrictive and are not.
//
// A rule of type "ip.src" matches a viewer whose address lies in one of its ranges. An IPv4 range never matches an IPv6 viewer and the
// other way round. An IPv4-mapped IPv6 address (::ffff:203.0.113.9) is the IPv4 address it carries, in a rule as in a viewer, and so is
// a mapped range of /96 or longer; a shorter one is a range of IPv6. Zones (fe80::1%eth0) are dropped on both sides, and host bits
// below a range's length are masked: otherwise a block rule is walked around by writing the same address another way.
//
// A rule of type "ip.geoip.country" matches a viewer whose country is in its list. A source that answers that it does not know the
// country matches nothing. XX and T1, by which Cloudflare says "no data" and "Tor", are such answers: legal in a rule, matching nobody.
//
// A rule that is reached and needs an address or a country that is not available denies, an allow rule as well as a block rule:
// passing it over would turn a failed country source into an open door. [Verdict].Missing tells which fact it was.
//
// The package knows nothing of tokens, HTTP, clocks or databases, and reaches none of them.
package accessrules

import "errors"

// Type says what a rule looks at: one of [TypeAny], [TypeIP] and [TypeCountry], spelled exactly so on the wire.
type Type string

// The types Stream documents.
const (
	TypeAny     Type = "any"              // every viewer
	TypeIP      Type = "ip.src"           // the viewer's address, by Rule.IP
	TypeCountry Type = "ip.geoip.country" // the viewer's country, by Rule.Country
)

// Action says what becomes of the viewer a rule matches: [Allow] or [Block], spelled exactly so on the wire.
type Action string

// The actions Stream documents. The zero value, "", is neither and allows nobody.
const (
	Allow Action = "allow"
	Block Action = "block"
)

// Rule is the wire form of one rule. Type and Action are required. IP belongs to [TypeIP]: addresses and CIDR ranges, IPv4 or IPv6, at
// least one. Country belongs to [TypeCountry]: ISO 3166-1 alpha-2 codes in any case, XX or T1, at least one. A list that does not belong to the
// rule's type is ignored by everything here, whatever it holds, as Stream's own SDKs send both lists with every rule.
//
// The zero value is not a valid rule.
type Rule struct {
	Type    Type     `json:"type"`
	Action  Action   `json:"action"`
	IP      []string `json:"ip,omitempty"`
	Country []string `json:"country,omitempty"`
}

// MaxEntryBytes bounds one entry of Rule.IP: the longest IPv6 form with a zone of a length systems use, and a prefix length.
const MaxEntryBytes = 128

var (
	errType       = errors.New(`type: must be "any", "ip.src" or "ip.geoip.country"`)
	errAction     = errors.New(`action: must be "allow" or "block"`)
	errNoIPs      = errors.New("ip: must list at least one address or range")
	errNoCountry  = errors.New("country: must list at least one country")
	errCountry    = errors.New("must be a country code of two letters, or T1")
	errEntryLong  = errors.New("must be an IP address or CIDR range, at most 128 bytes")
	errEntry      = errors.New("must be an IP address or CIDR range")
	errEntryZone  = errors.New("must have a zone of letters, digits and . _ ~ : @ - after the %, on an IPv6 address")
	errLength     = errors.New("must have a prefix length in digits after the slash, without leading zeros")
	errLengthIPv4 = errors.New("must have a prefix length of 0 to 32")
	errLengthIPv6 = errors.New("must have a prefix length of 0 to 128")
)

// Validate reports the first thing that keeps r from being a well-formed rule, nil if there is none. The error begins with the field
// (`type: ...`, `ip[0]: ...`) and never quotes its value. It does not judge whether the rule makes sense (see [Lint]) nor how many
// rules there are. Safe for concurrent use.
func (r Rule) Validate() error {
	if err := r.head(); err != nil {
		return err
	}
	switch r.Type {
	case TypeIP:
		if len(r.IP) == 0 {
			return errNoIPs
		}
		for i, s := range r.IP {
			if _, err := parseRange(s); err != nil {
				return &fieldError{"ip", i, err}
			}
		}
	case TypeCountry:
		if len(r.Country) == 0 {
			return errNoCountry
		}
		for i, s := range r.Country {
			if countryIndex(s) == notCountry {
				return &fieldError{"country", i, errCountry}
			}
		}
	}
	return nil
}

// head judges what every rule must have. It comes first wherever a rule is read, so that all name the same fault.
func (r *Rule) head() error {
	switch r.Type {
	case TypeAny, TypeIP, TypeCountry:
	default:
		return errType
	}
	if r.Action != Allow && r.Action != Block {
		return errAction
	}
	return nil
}
