package strictjson

import "strconv"

// MaxDepth is how deep arrays and objects may nest: the outermost is depth 1,
// and one at depth 17 is refused.
const MaxDepth = 16

// SyntaxError says why a document was refused and where.
type SyntaxError struct {
	Offset int    // in bytes from the start of the document
	Msg    string // a fixed phrase; it never quotes the document
}

// Error gives "strictjson: offset 12: duplicate name".
func (e *SyntaxError) Error() string {
	return "strictjson: offset " + strconv.Itoa(e.Offset) + ": " + e.Msg
}

// Parse checks the whole of data and gives its one value, which lies in a copy
// of data. White space may stand around it; nothing else may follow. What is
// refused is in the package comment; every error is a *SyntaxError and comes
// with the zero Value. Time is linear in data.
//
// Parse is for a document that is looked at in no particular order. A Reader
// checks and reads in one go.
func Parse(data []byte) (Value, error) {
	r := NewReader(string(data))
	v := r.Value()
	if err := r.End(); err != nil {
		return Value{}, err
	}
	return v, nil
}
