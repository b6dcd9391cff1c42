package middleware

import "net/http"

// Judge says whether h, as New makes it, lets r pass: all that is done between the request and the decision, and no more.
func Judge(h http.Handler, r *http.Request) (allowed bool) {
	var j judgement
	h.(*handler).judge(r, &j)
	return j.Allowed
}

// RaceEnabled says that allocations cannot be counted.
const RaceEnabled = raceEnabled
