package api

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
)

// Limits of a token list.
const (
	MaxTokensBytes   = 1 << 20 // of the whole list
	MaxTokens        = 1000    // in it
	MinTokenBytes    = 16      // of one: anything shorter can be guessed
	MaxTokenBytes    = 1024    // of one
	MaxAccountBytes  = 32      // of an account id, as Cloudflare's are
	tokenListComment = '#'
)

// Principal is who a request comes from.
type Principal struct {
	Account string // the one account it may see and change; "": any
	Name    string // for logs and the audit trail; never the credential
}

// Authenticator tells whose a credential is; ok is false if it is nobody's. It must take no less time for one that is
// nearly right, and be safe for concurrent use.
type Authenticator interface {
	Authenticate(bearer string) (p Principal, ok bool)
}

// Tokens is a list of bearer tokens. It is immutable and safe for concurrent use. It does not keep the tokens, only their
// hashes under a key that is drawn for each list.
type Tokens struct {
	key     [sha256.Size]byte
	entries map[[sha256.Size]byte]Principal
}

// NewTokens reads a list of tokens, one a line: TOKEN, or TOKEN ACCOUNT_ID for one that is bound to an account. Empty
// lines and those that begin with # are passed over. A token has 16 to 1024 characters of those RFC 6750 allows
// (A-Z a-z 0-9 - . _ ~ + / and = at its end), an account id 1 to 32 of A-Z a-z 0-9 _ -. The Name of a Principal is its
// line: "line 3".
//
// Refused: a token twice, more than 1000 of them, none at all, more than 1 MiB, and a list of several lines that does not end
// with a line feed: the rest may be missing, because it is being written or the disk was full, and of a line the rest is the
// account. Errors name the line and quote nothing of it.
func NewTokens(list []byte) (*Tokens, error) {
	if len(list) > MaxTokensBytes {
		return nil, fmt.Errorf("api: a token list of more than %d bytes", MaxTokensBytes)
	}
	t := &Tokens{entries: map[[sha256.Size]byte]Principal{}}
	rand.Read(t.key[:]) // never fails
	n := 0
	for line := range bytes.Lines(list) {
		n++
		whole := n == 1 || line[len(line)-1] == '\n'
		if line = bytes.TrimSpace(line); len(line) == 0 || line[0] == tokenListComment {
			continue
		}
		if !whole {
			return nil, fmt.Errorf("api: token list, line %d: it does not end with a line feed, and may be cut short", n)
		}
		if err := t.add(string(line), n); err != nil {
			return nil, fmt.Errorf("api: token list, line %d: %w", n, err)
		}
	}
	if len(t.entries) == 0 {
		return nil, fmt.Errorf("api: a token list without a token")
	}
	return t, nil
}

// Authenticate gives the Principal of a token in the list. How long it takes tells nothing about the tokens: what is
// compared is their hashes, under a key nobody outside knows.
func (t *Tokens) Authenticate(bearer string) (Principal, bool) {
	p, ok := t.entries[t.hash(bearer)]
	return p, ok
}

func (t *Tokens) hash(token string) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, t.key[:])
	mac.Write([]byte(token))
	mac.Sum(sum[:0])
	return sum
}

// String says how many tokens there are and nothing about them.
func (t Tokens) String() string { return "api.Tokens(" + strconv.Itoa(len(t.entries)) + ")" }

// Format is String for every verb: %d would otherwise print the hashes.
func (t Tokens) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.String()) }

// LogValue is String, for log/slog.
func (t Tokens) LogValue() slog.Value { return slog.StringValue(t.String()) }

func (t *Tokens) add(line string, n int) error {
	fields := strings.Fields(line)
	token, account := fields[0], ""
	switch {
	case len(fields) > 2:
		return errors.New("must be TOKEN or TOKEN ACCOUNT_ID")
	case len(fields) == 2:
		if account = fields[1]; !validAccount(account) {
			return fmt.Errorf("the account id must be 1 to %d characters of A-Z a-z 0-9 _ -", MaxAccountBytes)
		}
	}
	if len(token) < MinTokenBytes || len(token) > MaxTokenBytes || !validBearer(token) {
		return fmt.Errorf("the token must be %d to %d characters of A-Z a-z 0-9 - . _ ~ + /, with = only at the end", MinTokenBytes, MaxTokenBytes)
	}
	sum := t.hash(token)
	if _, ok := t.entries[sum]; ok {
		return errors.New("the token is in the list twice")
	}
	if len(t.entries) == MaxTokens {
		return fmt.Errorf("more than %d tokens", MaxTokens)
	}
	t.entries[sum] = Principal{Account: account, Name: "line " + strconv.Itoa(n)}
	return nil
}

// validBearer is b64token of RFC 6750, section 2.1.
func validBearer(s string) bool {
	body := strings.TrimRight(s, "=")
	if body == "" || len(s) > MaxTokenBytes {
		return false
	}
	for i := range len(body) {
		switch c := body[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte("-._~+/", c) >= 0:
		default:
			return false
		}
	}
	return true
}

// validAccount is stricter than what Cloudflare documents, a string of at most 32 characters.
func validAccount(s string) bool { return len(s) <= MaxAccountBytes && validID(s) }

// validID tells whether s can be an id in a path: none of its characters means anything there, or needs escaping.
func validID(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return s != ""
}
