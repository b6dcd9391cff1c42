package strictjson_test

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"unicode/utf8"
)

// The oracle: the same rules on top of encoding/json's tokens, slow and
// obvious. What encoding/json lets pass and this package does not is checked
// beside it: UTF-8, lone surrogates, duplicate names, depth.
func oracleAccepts(data []byte) bool {
	if !utf8.Valid(data) || loneSurrogate(data) || !json.Valid(data) {
		return false
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if !oracleValue(dec, 1) {
		return false
	}
	_, err := dec.Token()
	return err == io.EOF
}

func oracleValue(dec *json.Decoder, depth int) bool {
	tok, err := dec.Token()
	if err != nil {
		return false
	}
	switch tok {
	case json.Delim('['):
		for dec.More() {
			if !oracleValue(dec, depth+1) {
				return false
			}
		}
	case json.Delim('{'):
		seen := map[string]bool{}
		for dec.More() {
			name, err := dec.Token()
			if err != nil || seen[name.(string)] {
				return false
			}
			seen[name.(string)] = true
			if !oracleValue(dec, depth+1) {
				return false
			}
		}
	default:
		return true
	}
	_, err = dec.Token() // the closing bracket
	return err == nil && depth <= 16
}

// loneSurrogate looks for half a pair among the \u escapes of a document.
func loneSurrogate(data []byte) bool {
	for i := 0; i < len(data); {
		if data[i] != '\\' {
			i++
			continue
		}
		unit, ok := unicodeEscape(data[i:])
		switch {
		case !ok:
			i += 2
		case unit < 0xD800 || unit > 0xDFFF:
			i += 6
		case unit > 0xDBFF:
			return true // a low half first
		default:
			low, ok := unicodeEscape(data[i+6:])
			if !ok || low < 0xDC00 || low > 0xDFFF {
				return true
			}
			i += 12
		}
	}
	return false
}

func unicodeEscape(s []byte) (uint64, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(s[2:6]), 16, 16)
	return unit, err == nil
}
