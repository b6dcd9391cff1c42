package strictjson

import "iter"

// Kind is the type of a JSON value. The zero Kind is that of the zero Value.
type Kind uint8

// The kinds of RFC 8259, section 3.
const (
	Null Kind = iota + 1
	Bool
	Number
	String
	Array
	Object
)

// String gives the kind's name for messages: "null", "boolean", "number",
// "string", "array", "object", or "nothing" for the zero Kind.
func (k Kind) String() string {
	switch k {
	case Null:
		return "null"
	case Bool:
		return "boolean"
	case Number:
		return "number"
	case String:
		return "string"
	case Array:
		return "array"
	case Object:
		return "object"
	}
	return "nothing"
}

// kinds gives the kind of the values that begin with a byte; 0 if none does.
var kinds = [256]Kind{
	'"': String, '{': Object, '[': Array, 't': Bool, 'f': Bool, 'n': Null,
	'-': Number, '0': Number, '1': Number, '2': Number, '3': Number, '4': Number,
	'5': Number, '6': Number, '7': Number, '8': Number, '9': Number,
}

// Value is one value of a document, itself checked. The zero Value is no value:
// its Kind is 0, it has no members and no elements. A Value and what it gives
// keep the document in memory. It is safe for concurrent use.
type Value struct{ raw string }

// Kind tells what v is; 0 for the zero Value.
func (v Value) Kind() Kind {
	if v.raw == "" {
		return 0
	}
	return kinds[v.raw[0]]
}

// Raw gives v as it stands in the document, without white space around it; ""
// for the zero Value. For a Number it is its digits.
func (v Value) Raw() string { return v.raw }

// Bool gives the value of a boolean; ok is false for any other kind.
func (v Value) Bool() (b, ok bool) { return v.raw == "true", v.Kind() == Bool }

// Text gives the unescaped text of a string; ok is false for any other kind.
// The text is valid UTF-8 and may hold any character, U+0000 included.
func (v Value) Text() (s string, ok bool) {
	if v.Kind() != String {
		return "", false
	}
	return unescape(v.raw[1 : len(v.raw)-1]), true
}

// Members yields the members of an object in document order, names
// unescaped; nothing for any other kind. No name is yielded twice.
func (v Value) Members() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		r := NewReader(v.raw)
		for name := range r.Members() {
			if !yield(name, r.Value()) {
				return
			}
		}
	}
}

// Elements yields the elements of an array with their indices; nothing for
// any other kind.
func (v Value) Elements() iter.Seq2[int, Value] {
	return func(yield func(int, Value) bool) {
		r := NewReader(v.raw)
		for i := range r.Elements() {
			if !yield(i, r.Value()) {
				return
			}
		}
	}
}
