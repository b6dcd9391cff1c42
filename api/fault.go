package api

import (
	"errors"
	"net/http"
	"time"

	"github.com/streamtoken/streamtoken/store"
)

// Codes of errors and messages. Those of Cloudflare are used where they are known (Cloudflare API: "Stream", "MoQ", and the
// codes its gateway answers with); codes from 90000 on are this server's own, because theirs is not.
const (
	codeAuthentication  = 10000
	codeNoCredentials   = 9106
	codeBadHeaders      = 6003
	codeNoRoute         = 7000
	codeCannotRoute     = 7003
	codeBadRequest      = 10005
	codeNotFound        = 10003
	codeUpstreamURL     = 21013
	codeConfigOnCreate  = 21014
	codeLimit           = 90001
	codeMethod          = 90002
	codeBodyTooLarge    = 90003
	codeContentEncoding = 90004
	codeLeaseOver       = 90005
	codeUnconfirmed     = 90006
	codeInternal        = 90007
	codeStoreTimeout    = 90008

	// In messages, not in errors.
	codeAcknowledged = 90101
	codeLeaseExpired = 90102
	codePending      = 90103
)

// fault is an answer that is a refusal. Its texts are fixed, or speak of limits: nothing that a request brought is in them.
type fault struct {
	status  int
	code    int
	message string
	pointer string        // where in the body (RFC 6901), if it is about a place there
	also    *fault        // a second error in the answer
	retry   time.Duration // for Retry-After; zero: no such header
	allow   string        // for Allow
	final   bool          // an SDK is not to send the request again by itself
}

func (f *fault) Error() string { return f.message }

func badRequest(pointer, message string) *fault {
	return &fault{status: http.StatusBadRequest, code: codeBadRequest, message: message, pointer: pointer}
}

func notFound(what string) *fault {
	return &fault{status: http.StatusNotFound, code: codeNotFound, message: what + " not found"}
}

// limitReached is 400: SDKs send a request again that was answered 409 or 429, and it would not help.
func limitReached(message string) *fault {
	return &fault{status: http.StatusBadRequest, code: codeLimit, message: message}
}

func noRoute() *fault {
	return &fault{
		status: http.StatusNotFound, code: codeCannotRoute, message: "Could not route to the path of this request, perhaps your object identifier is invalid?",
		also: &fault{code: codeNoRoute, message: "No route for that URI"},
	}
}

func wrongMethod(allow string) *fault {
	return &fault{status: http.StatusMethodNotAllowed, code: codeMethod, message: "This path does not take that method", allow: allow}
}

// unauthorized is the one answer to a credential that is not good, whatever is wrong with it.
func unauthorized() *fault {
	return &fault{status: http.StatusUnauthorized, code: codeAuthentication, message: "Authentication error"}
}

func otherAccount() *fault {
	return &fault{status: http.StatusForbidden, code: codeAuthentication, message: "Authentication error: the token is not for this account"}
}

func leaseOver() *fault {
	return &fault{
		status: http.StatusServiceUnavailable, code: codeLeaseOver, retry: time.Second,
		message: "This server has lost touch with its store and cannot tell what holds; try again",
	}
}

func internalError() *fault {
	return &fault{status: http.StatusInternalServerError, code: codeInternal, message: "Internal error"}
}

// faultOf makes the answer of any error. What is not known is not told: a database's error may quote what was stored.
func faultOf(err error) *fault {
	var f *fault
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, store.ErrNotFound):
		return notFound("Object")
	case errors.Is(err, store.ErrLease), errors.Is(err, store.ErrClosed): // closed: this server is stopping
		return leaseOver()
	case errors.Is(err, store.ErrUnknown), isTimeout(err):
		return &fault{
			status: http.StatusServiceUnavailable, code: codeStoreTimeout, retry: time.Second,
			message: "The store did not answer in time; the change may have been made or not",
		}
	}
	return internalError()
}
