package jws_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/jws"
)

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// TestParsePolicy: what a token may look like before anything of it is read.
func TestParsePolicy(t *testing.T) {
	good := "eyJhIjoxfQ.Zm9v.YmFy"
	for _, c := range []struct {
		name, token string
		want        error // nil: accepted
	}{
		{"three parts", good, nil},
		{"the longest", "AA." + strings.Repeat("A", jws.MaxBytes-6) + ".AA", nil},
		{"one byte longer", "AA." + strings.Repeat("A", jws.MaxBytes-5) + ".AA", jws.ErrTooLarge},
		{"one megabyte of dots", strings.Repeat(".", 1<<20), jws.ErrTooLarge},
		{"too large comes before malformed", strings.Repeat("%", jws.MaxBytes+1), jws.ErrTooLarge},

		{"nothing", "", jws.ErrMalformed},
		{"one part", "AAAA", jws.ErrMalformed},
		{"two parts", "AAAA.AAAA", jws.ErrMalformed},
		{"four parts", "AAAA.AAAA.AAAA.AAAA", jws.ErrMalformed},
		{"five parts, an encrypted token", "AAAA.AAAA.AAAA.AAAA.AAAA", jws.ErrMalformed},
		{"nothing but dots", "..", jws.ErrMalformed},
		{"eight kilobytes of dots", strings.Repeat(".", jws.MaxBytes), jws.ErrMalformed},
		{"no header", ".AAAA.AAAA", jws.ErrMalformed},
		{"no payload (detached)", "AAAA..AAAA", jws.ErrMalformed},
		{"no signature (alg none)", "AAAA.AAAA.", jws.ErrMalformed},
		{"JSON serialization", `{"payload":"Zm9v","signatures":[]}`, jws.ErrMalformed},

		{"line feed inside", "eyJhIjoxfQ.Zm9v.Ym\nFy", jws.ErrMalformed},
		{"carriage return inside", "eyJhIjoxfQ.Zm9v.Ym\rFy", jws.ErrMalformed},
		{"line feed at the end", good + "\n", jws.ErrMalformed},
		{"space in front", " " + good, jws.ErrMalformed},
		{"padding", "eyJhIjoxfQ==.Zm9v.YmFy", jws.ErrMalformed},
		{"ordinary base64: plus", "eyJhIjoxfQ.Zm9v.YmF+", jws.ErrMalformed},
		{"ordinary base64: slash", "eyJhIjoxfQ.Zm9v.YmF/", jws.ErrMalformed},
		{"percent escape", "eyJhIjoxfQ.Zm9v.YmF%41", jws.ErrMalformed},
		{"NUL", "eyJhIjoxfQ.Zm9v.Ym\x00Fy", jws.ErrMalformed},
		{"byte 0x80", "eyJhIjoxfQ.Zm9v.Ym\x80Fy", jws.ErrMalformed},
		{"full-width letter", "eyJhIjoxfQ.Zm9v.\uff21AA", jws.ErrMalformed},

		{"length 1 mod 4 in the header", "AAAAA.AAAA.AAAA", jws.ErrMalformed},
		{"length 1 mod 4 in the payload", "AAAA.A.AAAA", jws.ErrMalformed},
		{"length 1 mod 4 in the signature", "AAAA.AAAA.AAAAA", jws.ErrMalformed},
		{"unused bits in the header, 2 mod 4", "AB.AAAA.AAAA", jws.ErrMalformed},
		{"unused bits in the payload, 3 mod 4", "AAAA.AAB.AAAA", jws.ErrMalformed},
		{"unused bits in the signature, 2 mod 4", "AAAA.AAAA.AAAAAP", jws.ErrMalformed},
		{"unused bits in the signature, 3 mod 4", "AAAA.AAAA.AAAAAAC", jws.ErrMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := jws.Parse(c.token, nil)
			if c.want == nil {
				require.NoError(t, err)
				requireCanonical(t, c.token, got)
				return
			}
			require.ErrorIs(t, err, c.want)
			require.Equal(t, jws.Compact{}, got)
		})
	}
}

// TestParseAlphabet tries every byte in every position of a part: exactly the
// 64 of RFC 4648, section 5, are taken.
func TestParseAlphabet(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for part := range 3 {
		for pos := range 8 {
			accepted := ""
			for c := range 256 {
				parts := []string{"AAAAAAAA", "AAAAAAAA", "AAAAAAAA"}
				b := []byte(parts[part])
				b[pos] = byte(c)
				parts[part] = string(b)
				if _, err := jws.Parse(strings.Join(parts, "."), nil); err == nil {
					accepted += string(rune(c))
				}
			}
			require.ElementsMatch(t, []rune(alphabet), []rune(accepted), "part %d, position %d", part, pos)
		}
	}
}

// TestParseDetail: people read why.
func TestParseDetail(t *testing.T) {
	for token, want := range map[string]string{
		"AAAA.AAAA":                         "jws: token is malformed: not three parts with two dots between them",
		"AAAA.AAAA.AAAA.AAAA.AAAA":          "jws: token is malformed: not three parts with two dots between them",
		"AAAA.AAAA.":                        "jws: token is malformed: a part is empty",
		"AAAA.AAAA.AAAA=":                   "jws: token is malformed: not canonical base64url",
		strings.Repeat("A", jws.MaxBytes+1): "jws: token is too large: more than 8192 bytes",
	} {
		_, err := jws.Parse(token, nil)
		require.EqualError(t, err, want)
	}
}

func TestParseUsesBuffer(t *testing.T) {
	token := b64(`{"alg":"RS256"}`) + "." + b64(`{"sub":"x"}`) + "." + b64("signature")
	buf := make([]byte, 3, 1024)
	c, err := jws.Parse(token, buf)
	require.NoError(t, err)
	require.Equal(t, `{"alg":"RS256"}`, string(c.Header))
	require.Equal(t, `{"sub":"x"}`, string(c.Payload))
	require.Equal(t, "signature", string(c.Signature))
	require.Same(t, &buf[0], &c.Header[0], "the parts lie in the buffer")

	// Appending to one part must not write into the next.
	_ = append(c.Header, 'X')
	_ = append(c.Payload, 'X')
	require.Equal(t, `{"sub":"x"}`, string(c.Payload))
	require.Equal(t, "signature", string(c.Signature))

	c, err = jws.Parse(token, make([]byte, 4)) // too small: a new one is made
	require.NoError(t, err)
	require.Equal(t, "signature", string(c.Signature))
}

func TestParseAllocations(t *testing.T) {
	if raceEnabled {
		return // the race detector allocates
	}
	token := b64(`{"alg":"RS256"}`) + "." + b64(`{"sub":"x"}`) + "." + b64(strings.Repeat("s", 256))
	buf := make([]byte, jws.MaxBytes)
	for name, in := range map[string]string{
		"good":                 token,
		"dots":                 strings.Repeat(".", jws.MaxBytes),
		"too large":            strings.Repeat(".", 1<<20),
		"a bad last character": token[:len(token)-1] + "*",
	} {
		n := testing.AllocsPerRun(100, func() { _, _ = jws.Parse(in, buf) })
		require.Zero(t, n, name)
	}
}

func TestAppendSignature(t *testing.T) {
	require.Equal(t, "x:eyJhIjoxfQ.-_8.AQI", string(jws.AppendSignature([]byte("x:eyJhIjoxfQ.-_8"), []byte{1, 2})))
}

// signingInput is what a signature covers (RFC 7515, section 5.1).
func signingInput(header, payload []byte) []byte {
	b64 := base64.RawURLEncoding.EncodeToString
	return []byte(b64(header) + "." + b64(payload))
}

// requireCanonical: encoding what was decoded gives the same bytes.
func requireCanonical(t *testing.T, token string, c jws.Compact) {
	t.Helper()
	again := jws.AppendSignature(signingInput(c.Header, c.Payload), c.Signature)
	require.Equal(t, token, string(again))
	require.Equal(t, token[:strings.LastIndexByte(token, '.')], c.SigningInput)
}
