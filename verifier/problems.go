package verifier

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/internal/jws"
	"github.com/streamtoken/streamtoken/internal/strictjson"
)

// checkForm notes what is wrong with the token before anything is decoded.
func (in *Inspection) checkForm(parts []string) {
	if in.Bytes > streamtoken.MaxTokenBytes {
		in.problem("token: %d bytes, more than %d", in.Bytes, streamtoken.MaxTokenBytes)
	}
	for i, part := range parts {
		name := [...]string{"header", "payload", "signature"}[i]
		if part == "" {
			in.problem("%s: empty", name)
			continue
		}
		if strings.ContainsAny(part, "\r\n\t ") {
			in.problem("%s: white space or line breaks", name)
		}
		if strings.Contains(part, "=") {
			in.problem("%s: base64 padding", name)
		}
		if strings.ContainsAny(part, "+/") {
			in.problem("%s: ordinary base64 (+ and /) instead of base64url (- and _)", name)
		}
		raw := bare(part)
		if len(raw)%4 == 1 {
			in.problem("%s: a length that base64url does not have", name)
		} else if _, err := base64.RawURLEncoding.DecodeString(raw); err != nil {
			in.problem("%s: characters outside base64url", name)
		} else if _, err := base64.RawURLEncoding.Strict().DecodeString(raw); err != nil {
			in.problem("%s: unused bits that are not zero, another spelling of the same bytes", name)
		}
	}
}

// checkHeader notes what is wrong with the header. It gives the kid, "" if it
// is none, and whether the header could be read as one strict document.
func (in *Inspection) checkHeader() (kid string, readable bool) {
	defaults := []member{{"alg", []byte(`"` + streamtoken.Algorithm + `"`)}, {"kid", []byte(`"x"`)}}
	members, ok := in.members("header", in.Header)
	if !ok {
		return "", false
	}
	in.judge("header", defaults, members, func(doc []byte) error {
		_, err := jws.ParseHeader(doc, streamtoken.Algorithm)
		return err
	}, jws.ErrAlg, jws.ErrHeader)
	for _, m := range members {
		if m.name == "kid" {
			if json.Unmarshal(m.raw, &kid) != nil || !streamtoken.ValidKeyID(kid) {
				kid = ""
			}
		}
	}
	return kid, true
}

func (in *Inspection) checkClaims(kid string, headerReadable bool) {
	defaults := []member{{"sub", []byte(`"x"`)}, {"exp", []byte(`1`)}}
	members, ok := in.members("payload", in.Claims)
	if !ok {
		return
	}
	in.judge("payload", defaults, members, func(doc []byte) error {
		_, err := streamtoken.ParseClaims(doc, false)
		return err
	})
	for _, m := range members {
		var claimed string
		if m.name == "kid" && headerReadable && json.Unmarshal(m.raw, &claimed) == nil && claimed != kid {
			in.problem("payload: kid: not the header's")
		}
	}
}

type member struct {
	name string
	raw  []byte // the value
}

// members reads data as one strict object; if it is none, that is the problem.
func (in *Inspection) members(part string, data []byte) ([]member, bool) {
	doc, err := strictjson.Parse(data)
	if err != nil {
		in.problem("%s: not strict JSON: %s", part, strings.TrimPrefix(err.Error(), "strictjson: "))
		return nil, false
	}
	if doc.Kind() != strictjson.Object {
		in.problem("%s: %s instead of an object", part, doc.Kind())
		return nil, false
	}
	var list []member
	for name, value := range doc.Members() {
		list = append(list, member{name, []byte(value.Raw())})
	}
	return list, true
}

// judge finds all that check refuses, where check itself stops at the first.
// Each member, and each required one that is missing, is given to it alone,
// beside good values of the required others: what Verify accepts is decided in
// one place. prefixes are errors whose text is cut off.
func (in *Inspection) judge(part string, required, members []member, check func([]byte) error, prefixes ...error) {
	report := func(doc []member) {
		err := check(object(doc))
		if err == nil {
			return
		}
		text := err.Error()
		for _, p := range prefixes {
			text = strings.TrimPrefix(text, p.Error()+": ")
		}
		if text = part + ": " + text; !slices.Contains(in.Problems, text) {
			in.Problems = append(in.Problems, text)
		}
	}
	for _, r := range required {
		if !slices.ContainsFunc(members, func(m member) bool { return m.name == r.name }) {
			report(without(required, r.name))
		}
	}
	for _, m := range members {
		report(append(without(required, m.name), m))
	}
}

func without(list []member, name string) []member {
	return slices.DeleteFunc(slices.Clone(list), func(m member) bool { return m.name == name })
}

func object(members []member) []byte {
	doc := []byte{'{'}
	for i, m := range members {
		if i > 0 {
			doc = append(doc, ',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil
		}
		doc = append(append(append(doc, name...), ':'), m.raw...)
	}
	return append(doc, '}')
}
