package accessrules

// AppendJSON appends the minted form of rules, a JSON array, to dst and returns the extended slice: no whitespace, members in the order type,
// action, ip or country, lists that are irrelevant to a rule's type left out, countries in upper case, addresses as written. No
// rules give []. rules must be valid (see [Rule.Validate]); of rules that are not it makes JSON that [Parse] refuses, never JSON that
// says something else. Safe for concurrent use.
func AppendJSON(dst []byte, rules []Rule) []byte {
	dst = append(dst, '[')
	for i := range rules {
		r := &rules[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"type":`...)
		dst = appendString(dst, string(r.Type))
		dst = append(dst, `,"action":`...)
		dst = appendString(dst, string(r.Action))
		switch r.Type {
		case TypeIP:
			dst = append(dst, `,"ip":`...)
			dst = appendList(dst, r.IP, false)
		case TypeCountry:
			dst = append(dst, `,"country":`...)
			dst = appendList(dst, r.Country, true)
		}
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

func appendList(dst []byte, list []string, upper bool) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		start := len(dst)
		dst = appendString(dst, s)
		if upper && len(s) == 2 {
			for j, c := range dst[start:] {
				if c >= 'a' && c <= 'z' {
					dst[start+j] = c - 'a' + 'A'
				}
			}
		}
	}
	return append(dst, ']')
}

// appendString writes s between quotes. Valid rules need no escape; a quote, backslash, control or non-ASCII byte in one that is not valid becomes
// a question mark, which no type, action, address or country contains, so that a value can never become syntax.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		c := s[i]
		if c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			c = '?'
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}
