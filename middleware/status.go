package middleware

import (
	"net/http"

	streamtoken "github.com/streamtoken/streamtoken"
)

// Status is the HTTP status of a refusal: 400, 401, 403, 405 or 503. A reason it does not know is 403.
func Status(r streamtoken.Reason) int {
	switch r {
	case streamtoken.ReasonRequestInvalid, streamtoken.ReasonTokenAmbiguous:
		return http.StatusBadRequest
	case streamtoken.ReasonTokenMissing, streamtoken.ReasonTokenMalformed, streamtoken.ReasonTokenTooLarge,
		streamtoken.ReasonHeaderInvalid, streamtoken.ReasonAlgNotAllowed, streamtoken.ReasonKeyUnknown,
		streamtoken.ReasonSignatureInvalid, streamtoken.ReasonClaimsInvalid, streamtoken.ReasonTokenExpired,
		streamtoken.ReasonTokenNotYetValid, streamtoken.ReasonLifetimeTooLong, streamtoken.ReasonTokenRevoked:
		return http.StatusUnauthorized
	case streamtoken.ReasonMethodNotAllowed:
		return http.StatusMethodNotAllowed
	case streamtoken.ReasonKeysUnavailable, streamtoken.ReasonRevocationsUnavailable,
		streamtoken.ReasonCountryUnavailable, streamtoken.ReasonVerifierBusy:
		return http.StatusServiceUnavailable
	}
	return http.StatusForbidden
}
