package moq_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	streamtoken "github.com/streamtoken/streamtoken"
)

// reference is a verifier that is slow and obvious: encoding/json, encoding/base64 and crypto/ed25519, and each rule written
// down as it is said. It shares no code with what it judges but the names of the reasons.
type reference struct {
	w        *world
	audience string
	edDSA    bool
}

var (
	refHex32  = regexp.MustCompile(`^[0-9a-f]{32}$`)
	refKid    = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,128}$`)
	refDigits = regexp.MustCompile(`^(0|[1-9][0-9]*)$`)
)

// verify gives "allow" or the reason.
func (r reference) verify(token string) string {
	if len(token) > 8192 {
		return "token_too_large"
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "token_malformed"
	}
	var decoded [3][]byte
	for i, p := range parts {
		b, err := base64.RawURLEncoding.DecodeString(p)
		if err != nil || p == "" || base64.RawURLEncoding.EncodeToString(b) != p {
			return "token_malformed"
		}
		decoded[i] = b
	}
	head, err := refObject(decoded[0])
	if err != nil {
		return "header_invalid"
	}
	alg := "Ed25519"
	if r.edDSA {
		alg = "EdDSA"
	}
	if got, ok := refText(head["alg"]); !ok || got != alg {
		return "alg_not_allowed"
	}
	kid, ok := refText(head["kid"])
	if !ok || !refKid.MatchString(kid) || strings.HasSuffix(kid, "\n") {
		return "header_invalid"
	}
	if typ, there := head["typ"]; there {
		if s, ok := refText(typ); !ok || s != "JWT" {
			return "header_invalid"
		}
	}
	forbidden := []string{"crit", "jwk", "jku", "x5u", "x5c", "zip", "enc", "b64"}
	for name := range head {
		if slices.Contains(forbidden, name) || refVariant(name, append(forbidden, "alg", "kid", "typ")) {
			return "header_invalid"
		}
	}
	key, err := r.w.Key(kid)
	switch {
	case errors.Is(err, streamtoken.ReasonKeyUnknown):
		return "key_unknown"
	case err != nil:
		return "keys_unavailable"
	}
	if len(decoded[2]) != 64 || !ed25519.Verify(key, []byte(parts[0]+"."+parts[1]), decoded[2]) {
		return "signature_invalid"
	}
	return r.claims(decoded[1])
}

func (r reference) claims(payload []byte) string {
	c, err := refObject(payload)
	if err != nil {
		return "claims_invalid"
	}
	audience := r.audience
	if audience == "" {
		audience = "moq.cloudflare.com"
	}
	aud, okA := refText(c["aud"])
	sub, okS := refText(c["sub"])
	jti, okJ := refText(c["jti"])
	iat, okI := refTime(c["iat"])
	exp, okE := refTime(c["exp"])
	nbf, okN := refTime(c["nbf"])
	if _, there := c["nbf"]; !there {
		okN = true
	}
	if !okA || !okS || !okJ || !okI || !okE || !okN || aud != audience || !refHex32.MatchString(sub) || !refHex32.MatchString(jti) {
		return "claims_invalid"
	}
	var ops []any
	if json.Unmarshal(c["operations"], &ops) != nil || len(ops) == 0 {
		return "claims_invalid"
	}
	for i, op := range ops {
		if op != "publish" && op != "subscribe" || slices.Contains(ops[:i], op) {
			return "claims_invalid"
		}
	}
	for name := range c {
		if refVariant(name, []string{"aud", "sub", "jti", "operations", "iat", "exp", "nbf"}) {
			return "claims_invalid"
		}
	}
	now := r.w.now()
	slack := 5 * time.Minute
	switch {
	case !now.Before(time.Unix(exp, 0)):
		return "token_expired"
	case now.Before(time.Unix(iat, 0).Add(-slack)) || now.Before(time.Unix(nbf, 0)):
		return "token_not_yet_valid"
	case time.Unix(exp, 0).After(time.Unix(iat, 0).UTC().AddDate(1, 0, 0).Add(slack)):
		return "lifetime_too_long"
	}
	switch ok, err := r.w.Accepts(sub, jti); {
	case err != nil:
		return "revocations_unavailable"
	case !ok:
		return "token_revoked"
	}
	return "allow"
}

var errRef = errors.New("not strict JSON")

// refObject reads one object by its tokens: UTF-8, no name twice in any object, at most 16 deep, nothing after it.
func refObject(data []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(data) || !json.Valid(data) || refLoneSurrogate(data) {
		return nil, errRef
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := refWalk(dec, 1); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errRef
	}
	var o map[string]json.RawMessage
	if err := json.Unmarshal(data, &o); err != nil || o == nil {
		return nil, errRef
	}
	return o, nil
}

func refWalk(dec *json.Decoder, depth int) error {
	token, err := dec.Token()
	if err != nil {
		return err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	if depth > 16 {
		return errRef
	}
	seen := map[string]bool{}
	for dec.More() {
		if delim == '{' {
			name, err := dec.Token()
			if err != nil || seen[name.(string)] {
				return errRef
			}
			seen[name.(string)] = true
		}
		if err := refWalk(dec, depth+1); err != nil {
			return err
		}
	}
	_, err = dec.Token()
	return err
}

var refEscape = regexp.MustCompile(`\\(u[0-9a-fA-F]{4}|.)`)

// refLoneSurrogate finds half of a pair in the escapes of valid JSON, which has backslashes in strings alone.
func refLoneSurrogate(data []byte) bool {
	high := -1 // where one half ends that has no other yet
	for _, m := range refEscape.FindAllIndex(data, -1) {
		e := data[m[0]:m[1]]
		kind := 0
		if len(e) == 6 {
			n, _ := strconv.ParseUint(string(e[2:]), 16, 32)
			switch {
			case n >= 0xd800 && n < 0xdc00:
				kind = 1
			case n >= 0xdc00 && n < 0xe000:
				kind = 2
			}
		}
		if high >= 0 && (kind != 2 || m[0] != high) || high < 0 && kind == 2 {
			return true
		}
		high = -1
		if kind == 1 {
			high = m[1]
		}
	}
	return high >= 0
}

func refText(raw json.RawMessage) (string, bool) {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return "", false
	}
	s, ok := v.(string)
	return s, ok
}

func refTime(raw json.RawMessage) (int64, bool) {
	if !refDigits.Match(raw) {
		return 0, false
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	return n, err == nil && n <= 253402300799
}

// refVariant tells whether name is one of known in another case, by Unicode's simple folding.
func refVariant(name string, known []string) bool {
	for _, k := range known {
		if name != k && strings.EqualFold(name, k) {
			return true
		}
	}
	return false
}
