package verifier

import (
	"errors"
	"fmt"
	"strings"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/internal/jwk"
)

// ErrPrivateKey says that an input of public keys holds a private or symmetric
// one. The whole input is refused, so that a signing key put in the wrong place
// is noticed at once instead of being copied to every edge.
var ErrPrivateKey = errors.New("verifier: a private or symmetric key stands where only public keys belong" +
	" (`streamtoken jwks KEYFILE` writes the public set to use instead)")

// ParseKeys reads public keys: a JWK Set (RFC 7517), one JWK, or one PEM block
// (public key or certificate, of which only the key is looked at). At most
// 16 MiB and 32,768 keys.
//
// id names a key that carries no id of its own, as PEM never does; "" if there
// is none. With id given and every key carrying its own, id must be among
// them: a contradiction is refused. Ids are as in streamtoken.ValidKeyID.
//
// A public key that is of no use for RS256 (another type, use or algorithm,
// not 2048 to 8192 bits, e other than 65537), or has no id, is skipped, and a
// warning says why. Refused as a whole: an input with a private or symmetric
// key anywhere, the answer of Stream's create-key call among them
// (ErrPrivateKey, with errors.Is), one id twice, anything that is not exactly
// one of the forms above, and an input that leaves no key at all. No error and
// no warning holds key bytes.
//
// Where the keys came from and whether they are still meant to be used is not
// checked. Certificate dates and chains are not looked at.
func ParseKeys(data []byte, id string) (keys []*Key, warnings []string, err error) {
	keys, warnings, err = parseKeys(data, id)
	if err != nil {
		return nil, nil, err
	}
	if id != "" && !hasID(keys, id) {
		return nil, nil, fmt.Errorf("verifier: key id %s was asked for, but the keys there are: %s", id, joinIDs(keys))
	}
	return keys, warnings, nil
}

// parseKeys is ParseKeys with an id that only fills a gap and is never a contradiction.
func parseKeys(data []byte, id string) ([]*Key, []string, error) {
	if id != "" && !streamtoken.ValidKeyID(id) {
		return nil, nil, fmt.Errorf("verifier: key id is not 1 to %d characters of [A-Za-z0-9_.-]", streamtoken.MaxKeyIDBytes)
	}
	public, skipped, err := jwk.ParsePublic(data)
	switch {
	case errors.Is(err, jwk.ErrPrivate):
		return nil, nil, ErrPrivateKey
	case err != nil:
		return nil, nil, fmt.Errorf("verifier: %w", err)
	}
	var (
		keys     []*Key
		warnings []string
		seen     = map[string]bool{}
	)
	for _, s := range skipped {
		warnings = append(warnings, skipText(s.ID, s.Reason))
	}
	for _, p := range public {
		if p.ID == "" {
			p.ID = id
		}
		if p.ID == "" {
			warnings = append(warnings, skipText("", "it carries no id, and none was given beside it"))
			continue
		}
		key, err := NewKey(p.ID, p.Key)
		if err != nil {
			warnings = append(warnings, skipText(p.ID, strings.TrimPrefix(err.Error(), "verifier: ")))
			continue
		}
		if seen[key.id] {
			return nil, nil, fmt.Errorf("verifier: two keys with the id %s", key.id)
		}
		seen[key.id] = true
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, nil, fmt.Errorf("verifier: no usable public key%s", because(warnings))
	}
	return keys, warnings, nil
}

// skipText does not repeat an id that is not one: it is the input's text, of any length.
func skipText(id, reason string) string {
	if !streamtoken.ValidKeyID(id) {
		return "a key was skipped: " + reason
	}
	return "key " + id + " was skipped: " + reason
}

// because lists the first few warnings: a set may have skipped a thousand keys for one reason.
func because(warnings []string) string {
	const few = 3
	switch n := len(warnings); {
	case n == 0:
		return ""
	case n > few:
		return fmt.Sprintf(": %s; and %d more", strings.Join(warnings[:few], "; "), n-few)
	}
	return ": " + strings.Join(warnings, "; ")
}

func hasID(keys []*Key, id string) bool {
	for _, k := range keys {
		if k.id == id {
			return true
		}
	}
	return false
}

func joinIDs(keys []*Key) string {
	const few = 5
	ids := make([]string, 0, few)
	for _, k := range keys[:min(len(keys), few)] {
		ids = append(ids, k.id)
	}
	if n := len(keys); n > few {
		ids = append(ids, fmt.Sprintf("and %d more", n-few))
	}
	return strings.Join(ids, ", ")
}
