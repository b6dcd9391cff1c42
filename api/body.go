package api

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/streamtoken/streamtoken/internal/strictjson"
)

const (
	maxBodyBytes = 64 << 10         // far beyond the largest request that makes sense, a token with five rules
	bodyTimeout  = 15 * time.Second // for all of it
	maxNameBytes = 255              // of a name or label
)

// object is the body of a request, or an object in it: the values of the members that are known.
type object struct {
	pointer string // of the object itself
	names   []string
	values  []strictjson.Value
}

// body reads the request's body: nothing at all, or one JSON object. Members that are not known are passed over; one that
// differs from a known name only in case is refused, as an "accessrules" that is passed over would be a token without rules.
//
// The Content-Type is not looked at: SDKs leave it out, curl sets a form's. What is no JSON is refused whatever it calls
// itself, and a browser does not get here, for want of a credential.
func (c *call) body(known ...string) (object, error) {
	data, err := c.read()
	if err != nil {
		return object{}, err
	}
	return parseBody(data, known...)
}

func (c *call) read() ([]byte, error) {
	r := c.request
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return nil, &fault{status: http.StatusUnsupportedMediaType, code: codeContentEncoding, message: "The body must not be compressed"}
	}
	switch {
	case r.ContentLength > maxBodyBytes:
		return nil, bodyTooLarge()
	case r.ContentLength == 0:
		return nil, nil
	}
	// A body that comes a byte at a time would hold its connection for as long as it likes. net/http takes the deadline back
	// when the body has been read, and a ResponseWriter that knows no deadlines has none to set.
	_ = http.NewResponseController(c.writer).SetReadDeadline(time.Now().Add(bodyTimeout))
	data, err := io.ReadAll(http.MaxBytesReader(c.writer, r.Body, maxBodyBytes))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, bodyTooLarge()
	case err != nil:
		return nil, badRequest("", "The body could not be read to its end")
	}
	return data, nil
}

func bodyTooLarge() *fault {
	return &fault{status: http.StatusRequestEntityTooLarge, code: codeBodyTooLarge, message: "The body is larger than 65536 bytes"}
}

func parseBody(data []byte, known ...string) (object, error) {
	if strings.Trim(string(data), " \t\r\n") == "" {
		return object{}, nil
	}
	value, err := strictjson.Parse(data)
	var syntax *strictjson.SyntaxError
	if errors.As(err, &syntax) {
		return object{}, badRequest("", "The body is not JSON: "+syntax.Msg+" at byte "+strconv.Itoa(syntax.Offset))
	}
	return readObject(value, "", known...)
}

func readObject(value strictjson.Value, pointer string, known ...string) (object, error) {
	o := object{pointer: pointer}
	if value.Kind() != strictjson.Object {
		return object{}, wrongKind(pointer, "an object", value)
	}
	for name, v := range value.Members() {
		found := false
		for _, k := range known {
			if found = k == name; found {
				o.names = append(o.names, k)
				o.values = append(o.values, v)
				break
			}
		}
		if found {
			continue
		}
		if variant := strictjson.CaseVariant(name, known); variant != "" {
			return object{}, badRequest(o.at(variant), variant+": the name is not spelled so")
		}
	}
	return o, nil
}

func (o object) at(name string) string { return o.pointer + "/" + name }

func (o object) get(name string) (strictjson.Value, bool) {
	for i, n := range o.names {
		if n == name {
			return o.values[i], true
		}
	}
	return strictjson.Value{}, false
}

func (o object) text(name string) (s string, given bool, err error) {
	v, given := o.get(name)
	if !given {
		return "", false, nil
	}
	s, ok := v.Text()
	if !ok {
		return "", true, wrongKind(o.at(name), "a string", v)
	}
	return s, true, nil
}

// name reads a name or label: 1 to 255 bytes that can be shown.
func (o object) name(name string) (s string, given bool, err error) {
	s, given, err = o.text(name)
	switch {
	case err != nil || !given:
	case s == "" || len(s) > maxNameBytes:
		err = badRequest(o.at(name), name+": must be 1 to 255 bytes")
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError }):
		err = badRequest(o.at(name), name+": must not hold control characters")
	}
	if err != nil {
		return "", true, err
	}
	return s, given, nil
}

func (o object) boolean(name string) (b, given bool, err error) {
	v, given := o.get(name)
	if !given {
		return false, false, nil
	}
	b, ok := v.Bool()
	if !ok {
		return false, true, wrongKind(o.at(name), "a boolean", v)
	}
	return b, true, nil
}

// integer reads a number without fraction and exponent: 1e3 and 1.0 are refused, as not every reader takes them for the
// same.
func (o object) integer(name string) (n int64, given bool, err error) {
	v, given := o.get(name)
	if !given {
		return 0, false, nil
	}
	if v.Kind() != strictjson.Number {
		return 0, true, wrongKind(o.at(name), "an integer", v)
	}
	if n, err = strconv.ParseInt(v.Raw(), 10, 64); err != nil {
		return 0, true, badRequest(o.at(name), name+": must be an integer of 64 bits, in plain digits")
	}
	return n, true, nil
}

func wrongKind(pointer, want string, v strictjson.Value) *fault {
	where := "The body"
	if pointer != "" {
		where = strings.ReplaceAll(pointer[1:], "/", ".")
	}
	return badRequest(pointer, where+": must be "+want+", not "+v.Kind().String())
}
