package strictjson

// The grammar of RFC 8259. Each function reads what stands at i and gives the
// index after it, or has the document refused.

// value reads any value. depth is its own if it is an array or object.
func (r *Reader) value(i, depth int) int {
	if i >= len(r.text) {
		return r.fail(i, msgEnd)
	}
	if r.text[i] == '"' { // as most are
		end, _ := r.str(i)
		return end
	}
	switch kinds[r.text[i]] {
	case Object:
		return r.object(i, depth)
	case Array:
		return r.array(i, depth)
	case Number:
		return r.number(i)
	case Bool:
		if r.text[i] == 't' {
			return r.literal(i, "true")
		}
		return r.literal(i, "false")
	case Null:
		return r.literal(i, "null")
	}
	return r.fail(i, "not a value")
}

func (r *Reader) literal(i int, word string) int {
	if len(r.text)-i < len(word) || r.text[i:i+len(word)] != word {
		return r.fail(i, "not a value")
	}
	return i + len(word)
}

// number reads RFC 8259, section 6. What follows it is the caller's to judge:
// "01" is a number and then data that has no place there.
func (r *Reader) number(i int) int {
	text := r.text
	if text[i] == '-' {
		i++
	}
	switch {
	case i >= len(text):
		return r.fail(i, msgEnd)
	case text[i] == '0':
		i++
	case isDigit(text[i]):
		i = skipDigits(text, i)
	default:
		return r.fail(i, "not a number")
	}
	if i < len(text) && text[i] == '.' {
		from := i + 1
		if i = skipDigits(text, from); i == from {
			return r.fail(i, "no digit after the decimal point")
		}
	}
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		from := i
		if i = skipDigits(text, from); i == from {
			return r.fail(i, "no digit in the exponent")
		}
	}
	return i
}

func (r *Reader) array(i, depth int) int {
	i, more := r.open(i, depth, ']')
	for more {
		i, more = r.next(r.value(i, depth+1), ']')
	}
	return i
}

func (r *Reader) object(i, depth int) int {
	names := r.names.begin()
	i, more := r.open(i, depth, '}')
	for more {
		_, i = r.name(i, &names)
		i, more = r.next(r.value(i, depth+1), '}')
	}
	r.names.end(names)
	return i
}

// open reads the bracket of an array or object, and also the closing one if
// nothing stands between them. more tells that an item follows.
func (r *Reader) open(i, depth int, closing byte) (item int, more bool) {
	if depth > MaxDepth {
		return r.fail(i, "nested too deep"), false
	}
	i = skipSpace(r.text, i+1)
	if i < len(r.text) && r.text[i] == closing {
		return i + 1, false
	}
	return i, true
}

// next reads what follows an item: a comma, or the closing bracket.
func (r *Reader) next(i int, closing byte) (item int, more bool) {
	i = skipSpace(r.text, i)
	if i >= len(r.text) {
		return r.fail(i, msgEnd), false
	}
	switch r.text[i] {
	case ',':
		return skipSpace(r.text, i+1), true
	case closing:
		return i + 1, false
	}
	if closing == ']' {
		return r.fail(i, "no comma or bracket after an element"), false
	}
	return r.fail(i, "no comma or brace after a member"), false
}

// name reads a name and the colon behind it. It must not be in s yet.
func (r *Reader) name(i int, s *nameSet) (name string, value int) {
	if i >= len(r.text) {
		return "", r.fail(i, msgEnd)
	}
	if r.text[i] != '"' {
		return "", r.fail(i, "no name where one belongs")
	}
	end, escaped := r.str(i)
	if r.msg != "" {
		return "", end
	}
	name = r.text[i+1 : end-1]
	if escaped {
		// "\u0065xp" and "exp" are one name.
		name = unescape(name)
	}
	if !r.names.add(s, name) {
		return "", r.fail(i, "duplicate name")
	}
	i = skipSpace(r.text, end)
	if i >= len(r.text) {
		return "", r.fail(i, msgEnd)
	}
	if r.text[i] != ':' {
		return "", r.fail(i, "no colon after a name")
	}
	return name, skipSpace(r.text, i+1)
}

func skipSpace(text string, i int) int {
	for i < len(text) && text[i] <= ' ' && (text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r') {
		i++
	}
	return i
}

func skipDigits(text string, i int) int {
	for i < len(text) && isDigit(text[i]) {
		i++
	}
	return i
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
