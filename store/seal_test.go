package store

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func sealerOf(t testing.TB) *sealer {
	t.Helper()
	s, err := newSealer(master, []byte("salt"))
	require.NoError(t, err)
	return s
}

// TestSealPlaces: no two places are one, however the parts are cut.
func TestSealPlaces(t *testing.T) {
	s := sealerOf(t)
	places := [][]string{{}, {""}, {"", ""}, {"ab"}, {"a", "b"}, {"", "ab"}, {"ab", ""}, {"a\x01b"}, {"\x01a", "b"}, {"b", "a"}}
	for i, sealedAt := range places {
		sealed := s.seal([]byte("value"), sealedAt...)
		for j, openedAt := range places {
			got, err := s.open(sealed, openedAt...)
			if i == j {
				require.NoError(t, err)
				require.Equal(t, "value", string(got))
			} else {
				require.ErrorIs(t, err, errSealed, "%q opens %q", openedAt, sealedAt)
				require.Nil(t, got)
			}
		}
	}
	require.NotEqual(t, s.seal([]byte("value"), "a"), s.seal([]byte("value"), "a"), "a nonce is used once")
	other, err := newSealer(master, []byte("another salt"))
	require.NoError(t, err)
	_, err = other.open(s.seal([]byte("value"), "a"), "a")
	require.ErrorIs(t, err, errSealed)
}

// pinned is "value", sealed by the first version.
const pinned = "01e2e11821279a9804f3fc6ad6487cf3480e091eb210ffeb0480518cdc7b7056cff9"

// TestSealFormat pins the format: what was sealed once opens in every later version.
func TestSealFormat(t *testing.T) {
	sealed, err := hex.DecodeString(pinned)
	require.NoError(t, err)
	got, err := sealerOf(t).open(sealed, "own key", "alice", "k", "RS256")
	require.NoError(t, err)
	require.Equal(t, "value", string(got))
	require.Len(t, sealed, 1+12+len("value")+16)
}

// FuzzSeal: what is sealed opens to itself; with any byte altered, cut or added, or in another place, it does not open.
func FuzzSeal(f *testing.F) {
	f.Add([]byte("value"), "alice", "bob", uint(0), byte(1))
	f.Add([]byte{}, "", "x", uint(5), byte(0x80))
	f.Add(bytes.Repeat([]byte{0}, 100), "a", "", uint(40), byte(0xff))
	f.Add([]byte("private"), "own key", "own key ", uint(12), byte(3))
	f.Add([]byte{1}, "\x00", "\x00\x00", uint(13), byte(7))
	s := sealerOf(f)
	f.Fuzz(func(t *testing.T, value []byte, place, other string, at uint, flip byte) {
		sealed := s.seal(value, place)
		got, err := s.open(sealed, place)
		if err != nil || !bytes.Equal(got, value) {
			t.Fatalf("got %x, %v", got, err)
		}
		if len(value) > 8 && bytes.Contains(sealed, value) {
			t.Fatal("the value is there in clear")
		}
		refused := func(what string, sealed []byte, place string) {
			if got, err := s.open(sealed, place); err == nil || got != nil {
				t.Fatalf("%s: opened to %x", what, got)
			}
		}
		if place != other {
			refused("another place", sealed, other)
		}
		if flip != 0 {
			altered := bytes.Clone(sealed)
			altered[at%uint(len(altered))] ^= flip
			refused("altered", altered, place)
		}
		refused("cut", sealed[:at%uint(len(sealed))], place)
		refused("longer", append(bytes.Clone(sealed), flip), place)
		refused("not sealed", value, place)
	})
}

// TestSilent: neither a configuration nor an own key shows a secret when printed.
func TestSilent(t *testing.T) {
	cfg := Config{URL: "postgres://u:hunter2@h/d", MasterKey: []byte("hunter2hunter2hunter2hunter2hunt")}
	key := OwnKey{ID: "id", Alg: "RS256", Private: []byte("hunter2")}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		for _, v := range []any{cfg, &cfg, key, &key, []OwnKey{key}, struct{ K OwnKey }{key}} {
			out := fmt.Sprintf(verb, v)
			for _, secret := range []string{"hunter2", "68756e74657232", "104 117 110"} {
				require.NotContains(t, out, secret, verb)
			}
		}
	}
}
