package verifier_test

import (
	"bytes"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	jose "github.com/go-jose/go-jose/v4"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
)

// reference is a verifier that is slow and obvious: regular expressions,
// encoding/json into maps, go-jose for the signature. It shares no code with
// the one under test but the rules' own parser.
type reference struct {
	keys map[string]*rsa.PublicKey
	now  time.Time
}

var (
	compactForm = regexp.MustCompile(`\A[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\z`)
	keyIDForm   = regexp.MustCompile(`\A[A-Za-z0-9_.-]{1,128}\z`)
	subjectForm = regexp.MustCompile(`\A[A-Za-z0-9][A-Za-z0-9_-]{0,63}\z`)
	secondsForm = regexp.MustCompile(`\A(0|[1-9][0-9]*)\z`)
	escapes     = regexp.MustCompile(`\\(u[0-9a-fA-F]{4}|.)`)
)

// verify gives "" for a token that holds.
func (r reference) verify(token string) streamtoken.Reason {
	if len(token) > 8192 {
		return streamtoken.ReasonTokenTooLarge
	}
	if !compactForm.MatchString(token) {
		return streamtoken.ReasonTokenMalformed
	}
	var parts [][]byte
	for _, s := range strings.Split(token, ".") {
		data, err := base64.RawURLEncoding.DecodeString(s)
		if err != nil || base64.RawURLEncoding.EncodeToString(data) != s {
			return streamtoken.ReasonTokenMalformed
		}
		parts = append(parts, data)
	}

	header, ok := plainObject(parts[0])
	if !ok {
		return streamtoken.ReasonHeaderInvalid
	}
	if header["alg"] != "RS256" {
		return streamtoken.ReasonAlgNotAllowed
	}
	kid, _ := header["kid"].(string)
	typ, hasTyp := header["typ"]
	if !keyIDForm.MatchString(kid) || hasTyp && typ != "JWT" ||
		hasAny(header, "crit", "jwk", "jku", "x5u", "x5c", "zip", "enc", "b64") ||
		otherCase(header, "alg", "kid", "typ", "crit", "jwk", "jku", "x5u", "x5c", "zip", "enc", "b64") {
		return streamtoken.ReasonHeaderInvalid
	}
	key := r.keys[kid]
	if key == nil {
		return streamtoken.ReasonKeyUnknown
	}

	parsed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return "go-jose cannot read it"
	}
	if payload, err := parsed.Verify(key); err != nil || !bytes.Equal(payload, parts[1]) {
		return streamtoken.ReasonSignatureInvalid
	}

	claims, ok := plainObject(parts[1])
	if !ok || otherCase(claims, "sub", "kid", "exp", "nbf", "downloadable", "accessRules") {
		return streamtoken.ReasonClaimsInvalid
	}
	sub, _ := claims["sub"].(string)
	exp, expOK := plainSeconds(claims["exp"])
	nbf, nbfOK := int64(0), true
	if v, ok := claims["nbf"]; ok {
		nbf, nbfOK = plainSeconds(v)
	}
	claimed, hasKid := claims["kid"]
	download, hasDownload := claims["downloadable"]
	_, isBool := download.(bool)
	list, hasRules := claims["accessRules"]
	if !subjectForm.MatchString(sub) || !expOK || !nbfOK || hasKid && claimed != kid || hasDownload && !isBool || hasRules && !plainRules(list) {
		return streamtoken.ReasonClaimsInvalid
	}

	now := r.now.Unix()
	switch {
	case now >= exp:
		return streamtoken.ReasonTokenExpired
	case now < nbf:
		return streamtoken.ReasonTokenNotYetValid
	case exp-now > 24*3600+5*60:
		return streamtoken.ReasonLifetimeTooLong
	}
	return ""
}

func hasAny(m map[string]any, names ...string) bool {
	for _, n := range names {
		if _, ok := m[n]; ok {
			return true
		}
	}
	return false
}

func otherCase(m map[string]any, names ...string) bool {
	for got := range m {
		for _, n := range names {
			if got != n && strings.EqualFold(got, n) {
				return true
			}
		}
	}
	return false
}

func plainSeconds(v any) (int64, bool) {
	text := ""
	switch v := v.(type) {
	case string:
		text = v
	case json.Number:
		text = v.String()
	}
	if !secondsForm.MatchString(text) {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n <= 253402300799
}

func plainRules(v any) bool {
	list, ok := v.([]any)
	if !ok || len(list) > 5 {
		return false
	}
	data, err := json.Marshal(list)
	if err != nil {
		return false
	}
	_, err = accessrules.Parse(data)
	return err == nil
}

// plainObject reads one strict JSON object: UTF-8, whole surrogate pairs, no
// name twice, at most 16 deep, nothing after it.
func plainObject(data []byte) (map[string]any, bool) {
	if !utf8.Valid(data) || !json.Valid(data) || loneSurrogate(data) {
		return nil, false
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	v, ok := plainValue(dec, 1)
	if !ok {
		return nil, false
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, false
	}
	m, ok := v.(map[string]any)
	return m, ok
}

func plainValue(dec *json.Decoder, depth int) (any, bool) {
	tok, err := dec.Token()
	if err != nil {
		return nil, false
	}
	delim, ok := tok.(json.Delim)
	if !ok {
		return tok, true
	}
	if depth > 16 {
		return nil, false
	}
	m, list := map[string]any{}, []any{}
	for dec.More() {
		if delim == '[' {
			v, ok := plainValue(dec, depth+1)
			if !ok {
				return nil, false
			}
			list = append(list, v)
			continue
		}
		name, err := dec.Token()
		if err != nil {
			return nil, false
		}
		if _, twice := m[name.(string)]; twice {
			return nil, false
		}
		v, ok := plainValue(dec, depth+1)
		if !ok {
			return nil, false
		}
		m[name.(string)] = v
	}
	if _, err := dec.Token(); err != nil { // the closing bracket
		return nil, false
	}
	if delim == '[' {
		return list, true
	}
	return m, true
}

// loneSurrogate looks through the escapes of valid JSON, which stand in strings only.
func loneSurrogate(data []byte) bool {
	high, end := rune(0), -1
	for _, at := range escapes.FindAllIndex(data, -1) {
		text := string(data[at[0]:at[1]])
		r := rune(0)
		if strings.HasPrefix(text, `\u`) {
			n, _ := strconv.ParseUint(text[2:], 16, 16)
			r = rune(n)
		}
		if high != 0 {
			if at[0] != end || utf16.DecodeRune(high, r) == utf8.RuneError {
				return true
			}
			high = 0
			continue
		}
		if utf16.IsSurrogate(r) {
			high, end = r, at[1]
		}
	}
	return high != 0
}
