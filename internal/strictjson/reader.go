package strictjson

import "iter"

// Reader reads one document from its start to its end, once. What it hands out
// is checked up to there; only End tells whether the whole document is good,
// and until then nothing may come of what was read. After a refusal there are
// no further members, elements or values.
//
// A Reader stands before one value at a time, at first the document itself:
// Value reads it whole, Members and Elements enter it, Kind looks at it. Time is
// linear in the text. Nothing is allocated unless the text has an escape, more
// than maxLinear names in one object or maxOpenNames in all the objects open at
// once. The zero Reader reads the empty text. It is not safe for concurrent use.
type Reader struct {
	text  string
	i     int // read up to here
	at    int // where the value stands, or stood, that may be read: once
	depth int // arrays and objects entered
	names openNames
	off   int
	msg   string // not empty once refused
}

// NewReader gives a Reader of text. Names, values and their texts alias it and
// keep it in memory.
func NewReader(text string) Reader {
	i := skipSpace(text, 0)
	return Reader{text: text, i: i, at: i}
}

// Kind tells by its first byte what the next value is if it is one at all; 0 if
// there is none, or it was read.
func (r *Reader) Kind() Kind {
	if r.i != r.at || r.i >= len(r.text) {
		return 0
	}
	return kinds[r.text[r.i]]
}

// Value reads the next value; the zero Value if the document is refused. To read
// a second value where there is one has it refused.
func (r *Reader) Value() Value {
	i := r.i
	if i != r.at {
		r.i = r.fail(i, "read twice")
		return Value{}
	}
	r.i = r.value(i, r.depth+1)
	if r.msg != "" {
		return Value{}
	}
	return Value{r.text[i:r.i]}
}

// Text reads the next value if it is a string and gives its unescaped text; ok
// is false, and nothing read, if it is anything else.
func (r *Reader) Text() (s string, ok bool) {
	i := r.i
	if r.Kind() != String {
		return "", false
	}
	end, escaped := r.str(i)
	if r.i = end; r.msg != "" {
		return "", false
	}
	s = r.text[i+1 : end-1]
	if escaped {
		s = unescape(s)
	}
	return s, true
}

// Members enters the next value if it is an object, and yields the names of its
// members, unescaped, in document order and none twice. The Reader then stands
// before the member's value; a value that is not read is checked and passed
// over. Whoever leaves the loop early has the document refused.
func (r *Reader) Members() iter.Seq[string] {
	return func(yield func(string) bool) {
		if r.Kind() != Object {
			return
		}
		r.depth++
		names := r.names.begin()
		i, more := r.open(r.i, r.depth, '}')
		for more {
			var name string
			name, i = r.name(i, &names)
			if r.i = i; r.msg != "" {
				break
			}
			if r.at = i; !yield(name) {
				i = r.fail(i, msgUnread)
				break
			}
			i, more = r.next(r.pass(i), '}')
		}
		r.names.end(names)
		r.depth--
		r.i = i
	}
}

// Elements enters the next value if it is an array, and yields the indices of
// its elements; all else is as with Members.
func (r *Reader) Elements() iter.Seq[int] {
	return func(yield func(int) bool) {
		if r.Kind() != Array {
			return
		}
		r.depth++
		i, more := r.open(r.i, r.depth, ']')
		for n := 0; more; n++ {
			if r.i, r.at = i, i; !yield(n) {
				i = r.fail(i, msgUnread)
				break
			}
			i, more = r.next(r.pass(i), ']')
		}
		r.depth--
		r.i = i
	}
}

// pass gives the index after the value at i, which may have been read.
func (r *Reader) pass(i int) int {
	if r.i != i {
		return r.i
	}
	return r.value(i, r.depth+1)
}

// End says why the document is refused, as a *SyntaxError; nil if its value was
// read and only white space follows.
func (r *Reader) End() error {
	rest := skipSpace(r.text, r.i)
	switch {
	case r.i == r.at, r.depth > 0:
		r.i = r.fail(rest, msgUnread)
	case rest != len(r.text):
		r.i = r.fail(rest, "data after the value")
	}
	if r.msg != "" {
		return &SyntaxError{Offset: r.off, Msg: r.msg}
	}
	return nil
}

// fail notes the first error and gives an index that ends every loop.
func (r *Reader) fail(off int, msg string) int {
	if r.msg == "" {
		r.off, r.msg = off, msg
	}
	return len(r.text)
}

const (
	msgEnd    = "unexpected end"
	msgUnread = "not read to its end"
)
