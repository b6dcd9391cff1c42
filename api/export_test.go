package api

import "net/http"

// Route is what a test needs to know of one.
type Route struct {
	Method, Pattern string
	AnyBase         bool
	NeedsCredential bool // of the token list
}

// ControlRoutes lists what a control API serves.
func ControlRoutes() []Route {
	var list []Route
	for _, r := range controlRoutes() {
		list = append(list, Route{r.method, r.pattern, r.anyBase, r.access == account || r.access == follower})
	}
	return list
}

// OpenAPI is the embedded description.
func OpenAPI() []byte { return openAPI }

// ParseBody tells what the body reader says of a body: the pointer and text of the refusal, or ok.
func ParseBody(data []byte, known ...string) (pointer, message string, ok bool) {
	if _, err := parseBody(data, known...); err != nil {
		f := faultOf(err)
		return f.pointer, f.message, false
	}
	return "", "", true
}

// ValidBearer is what a bearer token may look like.
var ValidBearer = validBearer

// FieldPointer is how a field becomes a pointer.
var FieldPointer = fieldPointer

// FillSlots takes every place of those who make RSA keys, and gives how to hand them back.
func FillSlots(h http.Handler) (free func()) {
	slots := h.(*handler).own.slots
	for range cap(slots) {
		slots <- struct{}{}
	}
	return func() {
		for range cap(slots) {
			<-slots
		}
	}
}
