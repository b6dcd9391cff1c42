package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
)

var (
	errByteOrderMark = errors.New("begins with a byte order mark; save the file as UTF-8 without one")
	errUTF16         = errors.New("is not UTF-8 but UTF-16, as PowerShell's > writes it")
	errObjectTooLong = errors.New("says more than a token may, which has at most 8192 bytes")
	errNeitherForm   = errors.New("is neither a JSON object nor an id: 1 to 64 letters, digits, _ or -, the first a letter or digit")
)

// someExp begins an object that has no exp of its own.
const someExp = `{"exp":1,`

// given is whether a JSON object has a member of some name.
type given bool

func (g *given) UnmarshalJSON([]byte) error { *g = true; return nil }

// claimReader turns the lines of a batch into claims. What a line does not say, the defaults say. It is not safe for
// concurrent use.
type claimReader struct {
	defaults streamtoken.Claims
	scratch  []byte
	finding  string // what accessrules.Lint says first of the rules of the line that was read last, if they are its own

	linted []accessrules.Rule // the last rules that were looked at: those of many lines are often the same
	said   string             // of them
}

// read reads a line, which it does not keep: an object with sub and at will exp, nbf, downloadable and accessRules, or a bare
// id. An error says what is wrong and quotes nothing of the line.
func (c *claimReader) read(number int64, line []byte) (streamtoken.Claims, error) {
	c.finding = ""
	if number == 1 {
		switch {
		case bytes.HasPrefix(line, []byte("\xef\xbb\xbf")):
			return streamtoken.Claims{}, errByteOrderMark
		case bytes.HasPrefix(line, []byte("\xff\xfe")), bytes.HasPrefix(line, []byte("\xfe\xff")):
			return streamtoken.Claims{}, errUTF16
		}
	}
	if line[0] == '{' {
		return c.readObject(line)
	}
	// Before it is kept: lines that wait to be signed must not hold much.
	if len(line) > streamtoken.MaxSubjectBytes {
		return streamtoken.Claims{}, errNeitherForm
	}
	claims := c.defaults
	claims.Subject = string(line)
	if !streamtoken.ValidSubject(claims.Subject) {
		return streamtoken.Claims{}, errNeitherForm
	}
	return claims, nil
}

// readObject has streamtoken.ParseClaims read the object, so that it is read as strictly as a token's payload, names that are
// not known refused too. ParseClaims wants an exp; where there is none it gets one, which the default then replaces.
func (c *claimReader) readObject(line []byte) (streamtoken.Claims, error) {
	// Which members there are, and no more: this reader takes names in any case, the last of two equal ones, and broken
	// UTF-8. ParseClaims refuses a line in which any of that makes a difference.
	var has struct {
		Expires      given `json:"exp"`
		Downloadable given `json:"downloadable"`
		AccessRules  given `json:"accessRules"`
	}
	if len(line) > streamtoken.MaxTokenBytes-len(someExp) {
		return streamtoken.Claims{}, errObjectTooLong
	}
	if json.Unmarshal(line, &has) == nil && !bool(has.Expires) {
		with := append(append(c.scratch[:0], someExp...), line[1:]...)
		c.scratch = with
		if claims, err := streamtoken.ParseClaims(with, true); err == nil {
			claims.Expires = c.defaults.Expires
			return c.complete(claims, bool(has.Downloadable), bool(has.AccessRules)), nil
		}
		// The reason is to be that of the line as it stands.
	}
	claims, err := streamtoken.ParseClaims(line, true)
	if err != nil {
		return streamtoken.Claims{}, errors.New(strings.TrimPrefix(err.Error(), "payload "))
	}
	return c.complete(claims, bool(has.Downloadable), bool(has.AccessRules)), nil
}

func (c *claimReader) complete(claims streamtoken.Claims, downloadable, rules bool) streamtoken.Claims {
	if claims.NotBefore.IsZero() {
		claims.NotBefore = c.defaults.NotBefore
	}
	if !downloadable {
		claims.Downloadable = c.defaults.Downloadable
	}
	if !rules {
		claims.AccessRules = c.defaults.AccessRules
	} else {
		c.finding = c.lint(claims.AccessRules)
	}
	return claims
}

func (c *claimReader) lint(rules []accessrules.Rule) string {
	same := func(a, b accessrules.Rule) bool {
		return a.Type == b.Type && a.Action == b.Action && slices.Equal(a.IP, b.IP) && slices.Equal(a.Country, b.Country)
	}
	if !slices.EqualFunc(rules, c.linted, same) {
		c.linted, c.said = rules, ""
		if findings := accessrules.Lint(rules); len(findings) > 0 {
			c.said = describeFinding(findings[0])
		}
	}
	return c.said
}
