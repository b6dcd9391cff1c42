package verifier

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	streamtoken "github.com/streamtoken/streamtoken"
)

// maxInspectBytes bounds what Inspect decodes. It is more than a token may be,
// so that people can see what makes one too large.
const maxInspectBytes = 8 * streamtoken.MaxTokenBytes

// Inspection is what a token says of itself, nothing of it verified.
type Inspection struct {
	Header   json.RawMessage // valid JSON, as the token has it; not necessarily an object
	Claims   json.RawMessage // likewise
	KeyID    string          // as claimed by the header; "" if that is no key id
	Bytes    int             // length of the token
	Problems []string        // what Verify would refuse about its form, header and claims; empty: nothing
}

// Inspect decodes a token, trusting nothing and verifying nothing: for people
// and tools, never to decide by. It is lenient where Verify is strict, as long
// as a header and claims come out, and says in Problems all that Verify would
// refuse, whatever the keys and the time; no problem quotes the token. A token
// without problems may still be forged or expired.
//
// An error is a *streamtoken.Refusal: ReasonTokenTooLarge beyond 64 KiB,
// ReasonTokenMalformed if there are not three parts (two, and the signature)
// of base64url in which the first two are JSON. Safe for concurrent use.
func Inspect(token string) (Inspection, error) {
	if len(token) > maxInspectBytes {
		return Inspection{}, &streamtoken.Refusal{
			Reason: streamtoken.ReasonTokenTooLarge,
			Detail: fmt.Sprintf("more than %d bytes: not decoded", maxInspectBytes),
		}
	}
	parts := strings.SplitN(token, ".", 7) // six parts or more are not counted
	if len(parts) != 3 {
		detail := "not three parts with two dots between them"
		if len(parts) == 5 {
			detail = "five parts: an encrypted token (JWE), not a signed one"
		}
		return Inspection{}, malformed(detail)
	}
	in := Inspection{Bytes: len(token)}
	in.checkForm(parts)
	var err error
	if in.Header, err = decodePart("header", parts[0]); err != nil {
		return Inspection{}, err
	}
	if in.Claims, err = decodePart("payload", parts[1]); err != nil {
		return Inspection{}, err
	}
	kid, readable := in.checkHeader()
	in.KeyID = kid
	in.checkClaims(kid, readable)
	return in, nil
}

func malformed(detail string) *streamtoken.Refusal {
	return &streamtoken.Refusal{Reason: streamtoken.ReasonTokenMalformed, Detail: detail}
}

func (in *Inspection) problem(format string, args ...any) {
	in.Problems = append(in.Problems, fmt.Sprintf(format, args...))
}

// bare gives part as unpadded base64url, if it is any base64 at all.
func bare(part string) string {
	return strings.NewReplacer("\r", "", "\n", "", "\t", "", " ", "", "=", "", "+", "-", "/", "_").Replace(part)
}

// decodePart decodes leniently what must come out as JSON.
func decodePart(name, part string) (json.RawMessage, error) {
	data, err := base64.RawURLEncoding.DecodeString(bare(part))
	switch {
	case err != nil:
		return nil, malformed(name + ": not base64url")
	case !utf8.Valid(data) || !json.Valid(data):
		return nil, malformed(name + ": not JSON")
	}
	return bytes.TrimSpace(data), nil
}
