package streamtoken

import "slices"

// Reason is why something was refused: a stable string for logs, metrics and
// HTTP answers, and an error to compare with errors.Is. The zero Reason is
// none.
type Reason string

// What a request may be refused for. Where several apply the first one found
// is the one reported, in the order target, method, token, download, rules;
// of the token: form, header, key, signature, claims, time, revocation.
const (
	// The request itself is at fault.
	ReasonRequestInvalid Reason = "request_invalid" // a target that two readers could take differently
	ReasonTokenAmbiguous Reason = "token_ambiguous" // two places of the request hold different tokens

	// The token is missing or does not hold.
	ReasonTokenMissing     Reason = "token_missing"       // none in any place looked at
	ReasonTokenMalformed   Reason = "token_malformed"     // not a compact JWS in canonical form
	ReasonTokenTooLarge    Reason = "token_too_large"     // longer than MaxTokenBytes
	ReasonHeaderInvalid    Reason = "header_invalid"      // the header is not strict JSON, or has what it may not have
	ReasonAlgNotAllowed    Reason = "alg_not_allowed"     // alg is anything but Algorithm
	ReasonKeyUnknown       Reason = "key_unknown"         // no key with this kid is held
	ReasonSignatureInvalid Reason = "signature_invalid"   // not signed by the key that kid names
	ReasonClaimsInvalid    Reason = "claims_invalid"      // the payload is not what ParseClaims accepts, or kid contradicts the header's
	ReasonTokenExpired     Reason = "token_expired"       // now is at or after exp
	ReasonTokenNotYetValid Reason = "token_not_yet_valid" // now is before nbf
	ReasonLifetimeTooLong  Reason = "lifetime_too_long"   // exp is further away than any token's may be
	ReasonTokenRevoked     Reason = "token_revoked"       // the key, the subject or this token was taken back

	// The token holds and does not permit this.
	ReasonSubjectMismatch     Reason = "subject_mismatch"      // sub is not what was asked for
	ReasonNotDownloadable     Reason = "not_downloadable"      // a download, and the token is not for downloads
	ReasonRuleBlocked         Reason = "rule_blocked"          // an access rule blocks this viewer
	ReasonClientIPUnavailable Reason = "client_ip_unavailable" // a rule needs the viewer's address and it is not known
	ReasonOperationNotAllowed Reason = "operation_not_allowed" // the credential is not for this operation
	ReasonMethodNotAllowed    Reason = "method_not_allowed"    // the HTTP method is not one that passes

	// The check could not be made.
	ReasonKeysUnavailable        Reason = "keys_unavailable"        // no current set of keys
	ReasonRevocationsUnavailable Reason = "revocations_unavailable" // no current list of revocations
	ReasonCountryUnavailable     Reason = "country_unavailable"     // a rule needs the viewer's country and its source gave none
	ReasonVerifierBusy           Reason = "verifier_busy"           // too many new tokens at once
)

// Reasons lists every Reason, in the order in which they stand above. The
// caller may change the slice.
func Reasons() []Reason { return slices.Clone(reasons[:]) }

var reasons = [...]Reason{
	ReasonRequestInvalid, ReasonTokenAmbiguous,
	ReasonTokenMissing, ReasonTokenMalformed, ReasonTokenTooLarge, ReasonHeaderInvalid, ReasonAlgNotAllowed,
	ReasonKeyUnknown, ReasonSignatureInvalid, ReasonClaimsInvalid, ReasonTokenExpired, ReasonTokenNotYetValid,
	ReasonLifetimeTooLong, ReasonTokenRevoked,
	ReasonSubjectMismatch, ReasonNotDownloadable, ReasonRuleBlocked, ReasonClientIPUnavailable,
	ReasonOperationNotAllowed, ReasonMethodNotAllowed,
	ReasonKeysUnavailable, ReasonRevocationsUnavailable, ReasonCountryUnavailable, ReasonVerifierBusy,
}

// Error gives "streamtoken: token_expired".
func (r Reason) Error() string { return "streamtoken: " + printable(string(r)) }
