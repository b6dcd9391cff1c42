package strictjson

import (
	"iter"
)

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

// Value is one value of a document that Parse accepted. It aliases the
// document, which must not change while the Value is in use. The zero Value
// is no value: its Kind is 0, it has no members and no elements. A Value is
// safe for concurrent use.
type Value struct{ raw []byte }

// Kind tells what v is; 0 for the zero Value.
func (v Value) Kind() Kind {
	if len(v.raw) == 0 {
		return 0
	}
	switch v.raw[0] {
	case 'n':
		return Null
	case 't', 'f':
		return Bool
	case '"':
		return String
	case '[':
		return Array
	case '{':
		return Object
	}
	return Number
}

// Raw gives v's bytes as they stand in the document, without white space
// around them; nil for the zero Value. They alias the document. For a Number
// they are its digits.
func (v Value) Raw() []byte { return v.raw }

// Bool gives the value of a boolean; ok is false for any other kind.
func (v Value) Bool() (b, ok bool) {
	if v.Kind() != Bool {
		return false, false
	}
	return v.raw[0] == 't', true
}

// Text gives the unescaped text of a string; ok is false for any other kind.
// The text is valid UTF-8 and may hold any character, U+0000 included.
func (v Value) Text() (s string, ok bool) {
	if v.Kind() != String {
		return "", false
	}
	return unquote(v.raw), true
}

// Members yields the members of an object in document order, names
// unescaped; nothing for any other kind. No name is yielded twice.
func (v Value) Members() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		if v.Kind() != Object {
			return
		}
		i := skipSpace(v.raw, 1)
		for v.raw[i] != '}' {
			end := skipString(v.raw, i)
			name := unquote(v.raw[i:end])
			i = skipSpace(v.raw, end) + 1 // the colon
			i = skipSpace(v.raw, i)
			end = skipValue(v.raw, i)
			if !yield(name, Value{v.raw[i:end:end]}) {
				return
			}
			i = nextItem(v.raw, end)
		}
	}
}

// Elements yields the elements of an array with their indices; nothing for
// any other kind.
func (v Value) Elements() iter.Seq2[int, Value] {
	return func(yield func(int, Value) bool) {
		if v.Kind() != Array {
			return
		}
		i := skipSpace(v.raw, 1)
		for n := 0; v.raw[i] != ']'; n++ {
			end := skipValue(v.raw, i)
			if !yield(n, Value{v.raw[i:end:end]}) {
				return
			}
			i = nextItem(v.raw, end)
		}
	}
}

// The functions below walk bytes that Parse accepted, so they need not look
// for the end of the document: every string and bracket is closed.

// nextItem steps over the white space after an item, and over a comma with
// the white space after it. It stops at an item or at the closing bracket.
func nextItem(data []byte, i int) int {
	i = skipSpace(data, i)
	if data[i] == ',' {
		i = skipSpace(data, i+1)
	}
	return i
}

// skipString gives the index after the string that starts at i.
func skipString(data []byte, i int) int {
	for i++; data[i] != '"'; i++ {
		if data[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// skipValue gives the index after the value that starts at i.
func skipValue(data []byte, i int) int {
	switch data[i] {
	case '"':
		return skipString(data, i)
	case '{', '[':
		depth := 0
		for {
			switch data[i] {
			case '"':
				i = skipString(data, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				depth--
				if depth == 0 {
					return i + 1
				}
			}
			i++
		}
	}
	for { // a number or word, and always something after it
		switch data[i] {
		case ',', ']', '}', ' ', '\t', '\n', '\r':
			return i
		}
		i++
	}
}
