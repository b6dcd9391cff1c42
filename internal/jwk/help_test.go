package jwk_test

import (
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/jwk"
)

const idA = "8f926b2b01f3835170025a78a4dcbf6a"

// read gives one of the test-only keys.
func read(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "keys", name))
	require.NoError(t, err)
	return string(data)
}

func private(t testing.TB, name string) *rsa.PrivateKey {
	t.Helper()
	key, err := jwk.ParsePrivate([]byte(read(t, name)))
	require.NoError(t, err)
	return key.Key
}

func b64(n *big.Int) string { return base64.RawURLEncoding.EncodeToString(n.Bytes()) }

// entry gives a JWK of key a with its members changed: "name=" drops one, "name=value" sets one to a raw JSON value.
func entry(t testing.TB, file string, changes ...string) string {
	t.Helper()
	names := []string{"use", "kty", "kid", "alg", "n", "e", "d", "p", "q", "dp", "dq", "qi"}
	values := map[string]string{}
	source := strings.TrimSpace(read(t, file))
	for _, name := range names {
		if _, rest, ok := strings.Cut(source, `"`+name+`":"`); ok {
			value, _, _ := strings.Cut(rest, `"`)
			values[name] = `"` + value + `"`
		}
	}
	for _, change := range changes {
		name, value, _ := strings.Cut(change, "=")
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		values[name] = value
	}
	var members []string
	for _, name := range names {
		if values[name] != "" {
			members = append(members, `"`+name+`":`+values[name])
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

func set(entries ...string) string { return `{"keys":[` + strings.Join(entries, ",") + `]}` }
