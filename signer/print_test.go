package signer_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/signer"
)

// secrets are spellings of key a's private parts that a printer might use.
func secrets(t *testing.T) []string {
	raw := rawKey(t, "a")
	var list []string
	for _, n := range []*big.Int{raw.D, raw.Primes[0], raw.Primes[1], raw.Precomputed.Dp, raw.Precomputed.Dq, raw.Precomputed.Qinv} {
		words := fmt.Sprint(n.Bits()[:2])
		list = append(list,
			n.String()[:16], n.Text(16)[:16], fmt.Sprintf("%X", n)[:16], // decimal and hexadecimal
			words[1:len(words)-1],                 // machine words, as %v prints a slice
			fmt.Sprintf("%#x", uint(n.Bits()[0])), // as %#v does
			fmt.Sprint(n.Bytes()[:6])[1:18],       // bytes
			wrap(string(n.Bytes()))[:16],          // base64
		)
	}
	return append(list, "PRIVATE KEY", wrap(read(t, "a.pem"))[:40])
}

// TestNothingPrintsTheKey: neither the values nor what holds them may give the private key away, by whatever verb, pointer
// or encoder.
func TestNothingPrintsTheKey(t *testing.T) {
	key := parse(t, read(t, "a.json"), "")
	s := newSigner(t, key, clock)
	cfg := signer.Config{Key: key}
	type holder struct {
		Key    *signer.Key
		Copy   signer.Key
		hidden signer.Key
		signer *signer.Signer
	}
	held := holder{key, *key, *key, s}
	values := map[string]any{
		"*Key": key, "Key": *key, "*Signer": s, "Signer": *s, "Config": cfg, "*Config": &cfg, "holder": held, "*holder": &held,
		"slice": []signer.Key{*key}, "map": map[string]*signer.Key{"a": key},
	}
	forbidden := secrets(t)
	silent := func(t *testing.T, how, out string) {
		t.Helper()
		for _, secret := range forbidden {
			require.NotContains(t, out, secret, how)
		}
	}
	for name, v := range values {
		t.Run(name, func(t *testing.T) {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%b", "%t", "%p"} {
				silent(t, verb, fmt.Sprintf(verb, v))
			}
			out, _ := json.Marshal(v)
			silent(t, "json", string(out))
			out, _ = xml.Marshal(v)
			silent(t, "xml", string(out))
			var buf bytes.Buffer
			_ = gob.NewEncoder(&buf).Encode(v)
			silent(t, "gob", buf.String())
			buf.Reset()
			slog.New(slog.NewTextHandler(&buf, nil)).Info("m", "v", v)
			slog.New(slog.NewJSONHandler(&buf, nil)).Info("m", "v", v)
			require.NotEmpty(t, buf.String())
			silent(t, "slog", buf.String())
		})
	}
	// The test can fail: what it looks for is found where the key is really printed.
	raw := rawKey(t, "a")
	for _, leak := range []string{fmt.Sprintf("%v", raw), fmt.Sprintf("%x", raw.D), fmt.Sprintf("%#v", *raw.D), wrap(read(t, "a.pem"))} {
		found := false
		for _, secret := range forbidden {
			found = found || bytes.Contains([]byte(leak), []byte(secret))
		}
		require.True(t, found)
	}
}

func TestPrintedForms(t *testing.T) {
	key := parse(t, read(t, "a.json"), "")
	for _, v := range []any{key, *key} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
			require.Equal(t, "signer.Key("+idA+")", fmt.Sprintf(verb, v))
		}
		out, err := json.Marshal(v)
		require.NoError(t, err)
		require.Equal(t, `{"id":"`+idA+`"}`, string(out))
		var buf bytes.Buffer
		slog.New(slog.NewTextHandler(&buf, nil)).Info("m", "key", v)
		require.Contains(t, buf.String(), "key=signer.Key("+idA+")")
	}
}

func TestErrorsQuoteNothing(t *testing.T) {
	s := newSigner(t, parse(t, read(t, "a.json"), ""), clock)
	const marker = "MARKER/VALUE"
	for _, c := range []streamtoken.Claims{{Subject: marker}, {Subject: uid, KeyID: marker}} {
		_, err := s.Sign(c)
		require.Error(t, err)
		require.NotContains(t, err.Error(), marker)
	}
	_, err := signer.ParseKey([]byte(marker), "")
	require.NotContains(t, err.Error(), marker)
	_, err = signer.ParseKey([]byte(`{"id":"`+marker+`","pem":"`+marker+`"}`), "")
	require.NotContains(t, err.Error(), marker)
	_, err = signer.URL("https://user:"+marker+"@example.com:port", "a.b.c", signer.AssetHLS)
	require.NotContains(t, err.Error(), "MARKER")
}
