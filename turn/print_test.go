package turn_test

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/turn"
)

// spellings are those in which a printer might show s.
func spellings(s string) []string {
	return []string{
		s[:16], hex.EncodeToString([]byte(s))[:32], strings.ToUpper(hex.EncodeToString([]byte(s)))[:32], base64.StdEncoding.EncodeToString([]byte(s))[:20],
		strings.Trim(fmt.Sprint([]byte(s)[:8]), "[]"), strings.ReplaceAll(strings.Trim(fmt.Sprintf("%#v", []byte(s)[:4]), "[]byte{}"), "\n", ""),
	}
}

// everyWay prints, encodes and logs v.
func everyWay(t *testing.T, v any, look func(t *testing.T, how, out string)) {
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%b", "%t"} {
		look(t, verb, fmt.Sprintf(verb, v))
	}
	var buf bytes.Buffer
	slog.New(slog.NewTextHandler(&buf, nil)).Info("m", "v", v)
	require.NotEmpty(t, buf.String())
	look(t, "text log", buf.String())
}

// TestNothingPrintsTheKey: neither the key nor what holds it gives the secret away, by whatever verb, pointer or encoder, and
// after it was used, when its state is in a pool.
func TestNothingPrintsTheKey(t *testing.T) {
	key := newKey(t, secret)
	_, err := key.Credential(time.Minute, "", now)
	require.NoError(t, err)
	type holder struct {
		Key    *turn.Key
		Copy   turn.Key
		hidden turn.Key
		behind *turn.Key
	}
	held := holder{key, *key, *key, key}
	silent := func(t *testing.T, how, out string) {
		t.Helper()
		for _, s := range spellings(secret) {
			require.NotContains(t, out, s, how)
		}
	}
	for _, verb := range []string{"%p"} { // fmt asks no method for this one; a constant would be refused by vet
		require.NotContains(t, fmt.Sprintf(verb, held), secret)
	}
	for name, v := range map[string]any{
		"*Key": key, "Key": *key, "holder": held, "*holder": &held, "slice": []turn.Key{*key}, "map": map[string]*turn.Key{"a": key},
	} {
		t.Run(name, func(t *testing.T) {
			everyWay(t, v, silent)
			out, _ := json.Marshal(v)
			silent(t, "json", string(out))
			out, _ = xml.Marshal(v)
			silent(t, "xml", string(out))
			var buf bytes.Buffer
			_ = gob.NewEncoder(&buf).Encode(v)
			silent(t, "gob", buf.String())
			slog.New(slog.NewJSONHandler(&buf, nil)).Info("m", "v", v)
			silent(t, "JSON log", buf.String())
		})
	}
	for _, v := range []any{key, *key} {
		require.Equal(t, "turn.Key("+uid+")", fmt.Sprintf("%#v", v))
		out, err := json.Marshal(v)
		require.NoError(t, err)
		require.Equal(t, `{"uid":"`+uid+`"}`, string(out))
	}
	// The test can fail: each spelling is found where the secret is really printed.
	for i, leak := range []string{"%s", "%x", "%X", "", "%v", "%#v"} {
		out := base64.StdEncoding.EncodeToString([]byte(secret))
		if leak != "" {
			out = fmt.Sprintf(leak, []byte(secret))
		}
		require.Contains(t, out, spellings(secret)[i])
	}
}

// TestNothingPrintsThePassword: marshalled, a credential is whole; printed or logged as text it is not.
func TestNothingPrintsThePassword(t *testing.T) {
	c, err := newKey(t, secret).Credential(time.Minute, "alice", now)
	require.NoError(t, err)
	servers, err := turn.NewICEServers("turn.example.com", c)
	require.NoError(t, err)
	object, err := turn.NewICEServersObject("turn.example.com", c)
	require.NoError(t, err)
	for _, v := range []any{c, &c, servers, &servers, object, []turn.Credential{c}} {
		everyWay(t, v, func(t *testing.T, how, out string) {
			t.Helper()
			for _, s := range spellings(c.Password) {
				require.NotContains(t, out, s, how)
			}
		})
	}
	require.Equal(t, `turn.Credential("1780000060:alice" until 2026-05-28T20:27:40Z)`, fmt.Sprint(c))
	out, err := json.Marshal(c)
	require.NoError(t, err)
	require.Equal(t, `{"username":"1780000060:alice","credential":"`+c.Password+`","expires":"2026-05-28T20:27:40Z"}`, string(out))
}
