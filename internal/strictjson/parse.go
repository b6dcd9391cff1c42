package strictjson

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

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

// Parse checks the whole of data and gives its one value, which aliases data.
// White space may stand around it; nothing else may follow. What is refused
// is in the package comment; every error is a *SyntaxError and comes with the
// zero Value. Time is linear in data. Nothing is allocated unless data holds
// an escaped name, more than maxLinear names in one object or maxOpenNames in
// all the objects open at once, or an error.
func Parse(data []byte) (Value, error) {
	p := parser{data: data}
	start := skipSpace(data, 0)
	end := p.value(start, 1)
	if rest := skipSpace(data, end); rest != len(data) {
		p.fail(rest, "data after the value")
	}
	if p.msg != "" {
		return Value{}, &SyntaxError{Offset: p.off, Msg: p.msg}
	}
	return Value{data[start:end:end]}, nil
}

const (
	// maxLinear names of one object are compared one by one; past them a map
	// takes over, or thousands of names would cost their square before any
	// signature has been checked.
	maxLinear = 24
	// maxOpenNames is the room kept without allocating.
	maxOpenNames = 40
)

type parser struct {
	data  []byte
	count int                  // names held in first
	first [maxOpenNames][]byte // names of the objects being read, innermost last
	more  [][]byte             // those for which first has no room
	off   int
	msg   string // not empty once refused
}

// fail notes the first error and gives an index that ends every loop.
func (p *parser) fail(off int, msg string) int {
	if p.msg == "" {
		p.off, p.msg = off, msg
	}
	return len(p.data)
}

const msgEnd = "unexpected end"

// value reads the value at i and gives the index after it. depth is that of
// the value if it is an array or object.
func (p *parser) value(i, depth int) int {
	if i >= len(p.data) {
		return p.fail(i, msgEnd)
	}
	switch c := p.data[i]; c {
	case '"':
		end, _ := p.str(i)
		return end
	case '{':
		return p.object(i, depth)
	case '[':
		return p.array(i, depth)
	case 't':
		return p.literal(i, "true")
	case 'f':
		return p.literal(i, "false")
	case 'n':
		return p.literal(i, "null")
	default:
		if c == '-' || isDigit(c) {
			return p.number(i)
		}
	}
	return p.fail(i, "not a value")
}

func (p *parser) literal(i int, word string) int {
	if len(p.data)-i < len(word) || string(p.data[i:i+len(word)]) != word {
		return p.fail(i, "not a value")
	}
	return i + len(word)
}

// number reads RFC 8259, section 6. What follows it is the caller's to judge:
// "01" is a number and then data that has no place there.
func (p *parser) number(i int) int {
	data := p.data
	if data[i] == '-' {
		i++
	}
	switch {
	case i >= len(data):
		return p.fail(i, msgEnd)
	case data[i] == '0':
		i++
	case isDigit(data[i]):
		i = skipDigits(data, i)
	default:
		return p.fail(i, "not a number")
	}
	if i < len(data) && data[i] == '.' {
		from := i + 1
		if i = skipDigits(data, from); i == from {
			return p.fail(i, "no digit after the decimal point")
		}
	}
	if i < len(data) && (data[i] == 'e' || data[i] == 'E') {
		i++
		if i < len(data) && (data[i] == '+' || data[i] == '-') {
			i++
		}
		from := i
		if i = skipDigits(data, from); i == from {
			return p.fail(i, "no digit in the exponent")
		}
	}
	return i
}

func (p *parser) array(i, depth int) int {
	if depth > MaxDepth {
		return p.fail(i, "nested too deep")
	}
	data := p.data
	i = skipSpace(data, i+1)
	if i < len(data) && data[i] == ']' {
		return i + 1
	}
	for {
		i = skipSpace(data, p.value(i, depth+1))
		if i >= len(data) {
			return p.fail(i, msgEnd)
		}
		switch data[i] {
		case ',':
			i = skipSpace(data, i+1)
		case ']':
			return i + 1
		default:
			return p.fail(i, "no comma or bracket after an element")
		}
	}
}

func (p *parser) object(i, depth int) int {
	if depth > MaxDepth {
		return p.fail(i, "nested too deep")
	}
	data := p.data
	i = skipSpace(data, i+1)
	if i < len(data) && data[i] == '}' {
		return i + 1
	}
	names := p.begin()
	for {
		if i >= len(data) {
			return p.fail(i, msgEnd)
		}
		if data[i] != '"' {
			return p.fail(i, "no name where one belongs")
		}
		end, escaped := p.str(i)
		if p.msg != "" {
			return len(data)
		}
		name := data[i+1 : end-1]
		if escaped {
			// "\u0065xp" and "exp" are one name.
			name = appendUnquoted(nil, data[i:end])
		}
		if !p.add(&names, name) {
			return p.fail(i, "duplicate name")
		}
		i = skipSpace(data, end)
		if i >= len(data) {
			return p.fail(i, msgEnd)
		}
		if data[i] != ':' {
			return p.fail(i, "no colon after a name")
		}
		i = skipSpace(data, p.value(skipSpace(data, i+1), depth+1))
		if i >= len(data) {
			return p.fail(i, msgEnd)
		}
		switch data[i] {
		case ',':
			i = skipSpace(data, i+1)
		case '}':
			p.end(names)
			return i + 1
		default:
			return p.fail(i, "no comma or brace after a member")
		}
	}
}

// nameSet is the names of one object: a run of p.first or p.more, or a map
// once there are many.
type nameSet struct {
	first, more int // where the object's names start
	many        map[string]struct{}
}

func (p *parser) begin() nameSet { return nameSet{first: p.count, more: len(p.more)} }

func (p *parser) end(s nameSet) { p.count, p.more = s.first, p.more[:s.more] }

// add reports whether name is new in s, and holds it.
func (p *parser) add(s *nameSet, name []byte) bool {
	if s.many != nil {
		if _, dup := s.many[string(name)]; dup {
			return false
		}
		s.many[string(name)] = struct{}{}
		return true
	}
	first, more := p.first[s.first:p.count], p.more[s.more:]
	for _, n := range first {
		if bytes.Equal(n, name) {
			return false
		}
	}
	for _, n := range more {
		if bytes.Equal(n, name) {
			return false
		}
	}
	switch {
	case len(first)+len(more) == maxLinear:
		s.many = make(map[string]struct{}, 4*maxLinear)
		for _, n := range first {
			s.many[string(n)] = struct{}{}
		}
		for _, n := range more {
			s.many[string(n)] = struct{}{}
		}
		s.many[string(name)] = struct{}{}
	case p.count < maxOpenNames:
		p.first[p.count] = name
		p.count++
	default:
		p.more = append(p.more, name)
	}
	return true
}

// str reads the string at i, which is a quotation mark, and gives the index
// after it and whether it holds an escape.
func (p *parser) str(i int) (end int, escaped bool) {
	data := p.data
	for i++; ; {
		i = skipPlain(data, i)
		if i >= len(data) {
			return p.fail(i, msgEnd), false
		}
		switch c := data[i]; {
		case c == '"':
			return i + 1, escaped
		case c == '\\':
			escaped = true
			n, msg := escapeLen(data[i:])
			if msg != "" {
				return p.fail(i, msg), false
			}
			i += n
		case c < ' ':
			return p.fail(i, "control character in a string"), false
		default:
			_, n := utf8.DecodeRune(data[i:])
			if n == 1 { // not ASCII, so an error
				return p.fail(i, "not UTF-8"), false
			}
			i += n
		}
	}
}

// skipPlain gives the index of the first byte from i on that is not printable
// ASCII, or is a quotation mark or a backslash. Most of a token is such text,
// so it is read eight bytes at a time.
func skipPlain(data []byte, i int) int {
	const (
		ones  = 0x0101010101010101
		highs = 0x8080808080808080
	)
	for len(data)-i >= 8 {
		w := binary.LittleEndian.Uint64(data[i:])
		quote := w ^ ones*'"'
		slash := w ^ ones*'\\'
		// A high bit is set for a byte that is zero in quote or slash, below
		// 0x20 in w, or not ASCII. A borrow can set one too many above the
		// lowest, so the lowest is right.
		if stop := ((quote - ones) | (slash - ones) | (w - ones*' ') | w) & highs; stop != 0 {
			return i + bits.TrailingZeros64(stop)/8
		}
		i += 8
	}
	for i < len(data) && !special[data[i]] {
		i++
	}
	return i
}

// special is true of the bytes at which skipPlain stops.
var special = func() (t [256]bool) {
	for c := range t {
		t[c] = c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf
	}
	return t
}()

func skipSpace(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\t' || data[i] == '\n' || data[i] == '\r') {
		i++
	}
	return i
}

func skipDigits(data []byte, i int) int {
	for i < len(data) && isDigit(data[i]) {
		i++
	}
	return i
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
