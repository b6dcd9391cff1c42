package jwk_test

import (
	"encoding/json"
	"io/fs"
	"testing"

	"github.com/c2sp/wycheproof"
	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/jwk"
)

// TestWycheproofKeys imports each key set of json_web_key_test as a public set. Only tc 5 is an RS256 key fit for use; all
// others must give no key: those that Wycheproof calls valid are symmetric.
func TestWycheproofKeys(t *testing.T) {
	data, err := fs.ReadFile(wycheproof.TestVectors, "json_web_key_test.json")
	require.NoError(t, err)
	var file struct {
		NumberOfTests int
		TestGroups    []struct {
			Comment         string
			Public, Private json.RawMessage
			Tests           []struct {
				TcID    int
				Comment string
			}
		}
	}
	require.NoError(t, json.Unmarshal(data, &file))
	imported := 0
	for _, group := range file.TestGroups {
		require.NotEmpty(t, group.Tests)
		if group.Private != nil {
			_, _, err := jwk.ParsePublic(group.Private)
			require.ErrorIs(t, err, jwk.ErrPrivate, group.Comment)
		}
		for _, test := range group.Tests {
			if group.Public == nil {
				continue
			}
			imported++
			keys, skipped, err := jwk.ParsePublic(group.Public)
			require.NoError(t, err, test.Comment)
			if test.TcID == 5 {
				require.Len(t, keys, 1)
				require.Empty(t, skipped)
				continue
			}
			require.Empty(t, keys, "tc %d: %s", test.TcID, test.Comment)
			require.Len(t, skipped, 1)
		}
	}
	require.Equal(t, 26, file.NumberOfTests)
	require.Equal(t, 11, imported, "groups that have a public set")
}
