package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/api"
	"github.com/streamtoken/streamtoken/signer"
)

var bodySeeds = []string{
	"", " \r\n\t", "{}", " {} ", `{"exp":1}`, `{"exp":1,"exp":2}`, `{"a":{"b":1,"b":2}}`, `{"EXP":1}`, "{\"\u017fub\":1}", `{"ex\u0070":1,"exp":2}`,
	"\"\\u", "null", "[]", "1", `"x"`, "{}{}", "{} x", `{"a":`, "\xef\xbb\xbf{}", "{\"a\":\"\xff\"}", `{"a":"\ud800"}`, `{"a":"\ud83d\ude00"}`,
	`{"a":` + strings.Repeat("[", 15) + strings.Repeat("]", 15) + `}`, `{"a":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + `}`,
	`{"accessRules":[{"type":"any","action":"block"}],"accessrules":[]}`, `{"pem":"a secret that nobody should read","id":1}`, `{"":1}`, `{"exp":01}`, `{"exp":+1}`, "\x00{}", `{"a":"` + "\n" + `"}`,
}

var loneSurrogate = regexp.MustCompile(`\\u[dD][89a-fA-F][0-9a-fA-F]{2}`)

// sound is the plain way to ask what the body reader asks: encoding/json takes it for one document, it is an object, and of
// what encoding/json lets pass nothing is there: two names alike, a known name in another case, depth, text that is not
// Unicode. With escapes of surrogates it does not say: whether they pair is for another test.
func sound(data []byte, known []string) (good, sure bool) {
	if strings.Trim(string(data), " \t\r\n") == "" {
		return true, true
	}
	if !json.Valid(data) || !utf8.Valid(data) {
		return false, true
	}
	if loneSurrogate.Match(data) {
		return false, false
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	first, _ := dec.Token()
	if first != json.Delim('{') {
		return false, true
	}
	type level struct {
		object, value bool // an object; its next token is a value
		names         map[string]bool
	}
	stack := []level{{object: true, names: map[string]bool{}}}
	for {
		token, err := dec.Token()
		if err == io.EOF {
			return true, true
		}
		if err != nil {
			return false, true
		}
		top := len(stack) - 1
		switch delim, isDelim := token.(json.Delim); {
		case isDelim && (delim == '}' || delim == ']'):
			stack = stack[:top]
			continue
		case stack[top].object && !stack[top].value:
			name := token.(string)
			if stack[top].names[name] {
				return false, true
			}
			stack[top].names[name] = true
			for _, k := range known {
				if top == 0 && name != k && strings.EqualFold(name, k) {
					return false, true
				}
			}
			stack[top].value = true
			continue
		case isDelim:
			stack[top].value = false
			if stack = append(stack, level{object: delim == '{', names: map[string]bool{}}); len(stack) > 16 {
				return false, true
			}
			continue
		}
		stack[top].value = false
	}
}

// FuzzBody: a body is accepted if and only if encoding/json and the rules accept it, and no refusal repeats any of it.
func FuzzBody(f *testing.F) {
	for _, seed := range bodySeeds {
		f.Add([]byte(seed))
	}
	known := []string{"exp", "accessRules", "id", "pem", "sub"}
	f.Fuzz(func(t *testing.T, data []byte) {
		pointer, message, ok := api.ParseBody(data, known...)
		if good, sure := sound(data, known); sure && good != ok {
			t.Fatalf("accepted %v, want %v: %s", ok, good, message)
		}
		if !ok {
			fixed := regexp.MustCompile(`^The body is not JSON: [a-z8A-Z \\-]+ at byte [0-9]+$|^The body: must be an object, not (null|an? )?[a-z]+$|^(exp|accessRules|id|pem|sub): the name is not spelled so$`)
			if !fixed.MatchString(message) || pointer != "" && !strings.Contains("/exp /accessRules /id /pem /sub", pointer) {
				t.Fatalf("%q at %q", message, pointer)
			}
		}
	})
}

// FuzzTokenCall: whatever the body, the answer is an envelope that fits the status, and no text of the body is in a refusal.
func FuzzTokenCall(f *testing.F) {
	for _, seed := range append(bodySeeds,
		`{"exp":4070908800,"nbf":0}`, `{"accessRules":[{"type":"ip.src","action":"allow","ip":["192.0.2.0/24"]}]}`,
		`{"accessRules":[{"type":"ip.src","action":"allow","ip":["a secret place"]}]}`, `{"flags":{"original":"secret text"}}`, `{"id":"an id","pem":"a secret key"}`) {
		f.Add([]byte(seed))
	}
	key, err := signer.ParseKey([]byte(readTestdata(f, "a.json")), "")
	require.NoError(f, err)
	s, err := signer.New(signer.Config{Key: key})
	require.NoError(f, err)
	h, err := api.NewMinter(api.MinterConfig{Signer: s})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, data []byte) {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/accounts/a"+tokenPath, bytes.NewReader(data)))
		a := reply{t: t, status: rec.Code, header: rec.Header(), body: rec.Body.String()}
		described.check(t, "POST", "/accounts/a"+tokenPath, a)
		e := a.envelope()
		if *e.Success != (rec.Code == 200) || len(e.Errors) == 0 != *e.Success {
			t.Fatal(a.body)
		}
		if rec.Code == 200 {
			return
		}
		for _, text := range texts(data) {
			if len(text) >= 8 && !strings.Contains("accessRules.downloadable.original ip.geoip.country", text) && strings.Contains(e.Errors[0].Message, text) {
				t.Fatalf("%q is in %q", text, e.Errors[0].Message)
			}
		}
	})
}

// texts are the strings in a document, names and values.
func texts(data []byte) (list []string) {
	dec := json.NewDecoder(bytes.NewReader(data))
	for {
		token, err := dec.Token()
		if err != nil {
			return list
		}
		if s, ok := token.(string); ok {
			list = append(list, s)
		}
	}
}
