package middleware

import (
	"net/http"

	"github.com/streamtoken/streamtoken/accessrules"
)

// noCountry says why r's viewer has no country that a rule could be asked about, for the operator.
func (v *viewers) noCountry(r *http.Request, who accessrules.Viewer) string {
	if v.locate != nil {
		if !who.Addr.IsValid() {
			return "the viewer's address is unavailable"
		}
		return "the country source could not tell"
	}
	if v.country == "" {
		return "no country source is configured"
	}
	if peer, ok := peerAddr(r.RemoteAddr); !ok || !v.trusts(peer) {
		return "the peer is not a trusted proxy"
	}
	switch lines := r.Header[v.country]; len(lines) {
	case 0:
		return "the trusted proxy sent no " + v.country
	case 1:
		return v.country + " holds no country code"
	}
	return "the trusted proxy sent several " + v.country
}
