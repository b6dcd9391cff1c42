package strictjson_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/strictjson"
)

// object gives an object with n distinct names, and last as one more.
func object(n int, last string) string {
	var b strings.Builder
	b.WriteByte('{')
	for i := range n {
		fmt.Fprintf(&b, `"n%d":%d,`, i, i)
	}
	fmt.Fprintf(&b, `"%s":0}`, last)
	return b.String()
}

// The ways of holding names (in place, beyond the room in place, in a map)
// meet at certain counts; a duplicate is found on both sides of each of them.
func TestDuplicateAmongMany(t *testing.T) {
	for _, n := range []int{1, 2, 23, 24, 25, 26, 39, 40, 41, 100, 3000} {
		for _, nest := range []int{0, 1, 3, 14} {
			wrap := func(inner string) []byte {
				for i := range nest {
					// Names held by the objects around take up the room in place.
					inner = strings.Replace(object(20, "x"), `"n7":7`, fmt.Sprintf(`"in%d":%s`, i, inner), 1)
				}
				return []byte(inner)
			}
			_, err := strictjson.Parse(wrap(object(n, "x")))
			require.NoError(t, err, "%d names in %d objects", n, nest)
			for _, dup := range []int{0, n / 2, n - 1} {
				_, err := strictjson.Parse(wrap(object(n, fmt.Sprintf("n%d", dup))))
				require.ErrorContains(t, err, "duplicate name", "name %d of %d in %d objects", dup, n, nest)
				_, err = strictjson.Parse(wrap(object(n, fmt.Sprintf(`\u006e%d`, dup))))
				require.ErrorContains(t, err, "duplicate name", "escaped name %d of %d in %d objects", dup, n, nest)
			}
		}
	}
}

// Names of a closed object are forgotten: they are free in the next one, and
// those of the object around it are still held.
func TestNamesAfterAClosedObject(t *testing.T) {
	for _, n := range []int{3, 30, 60} {
		inner := object(n, "x")
		_, err := strictjson.Parse([]byte(`[` + inner + `,` + inner + `,` + inner + `]`))
		require.NoError(t, err)
		_, err = strictjson.Parse([]byte(`{"n0":` + inner + `,"n1":` + inner + `,"x":` + inner + `}`))
		require.NoError(t, err)
		_, err = strictjson.Parse([]byte(`{"n0":` + inner + `,"n1":` + inner + `,"n0":1}`))
		require.ErrorContains(t, err, "duplicate name")
	}
}

func TestCaseVariant(t *testing.T) {
	known := []string{"sub", "kid", "exp", "nbf", "downloadable", "accessRules"}
	for name, want := range map[string]string{
		"sub":                        "",
		"accessRules":                "",
		"iat":                        "",
		"":                           "",
		"su":                         "",
		"subs":                       "",
		"SUB":                        "sub",
		"Sub":                        "sub",
		"EXP":                        "exp",
		"accessrules":                "accessRules",
		"ACCESSRULES":                "accessRules",
		"\u017fub":                   "sub", // LATIN SMALL LETTER LONG S folds to s
		"\u017fUB":                   "sub",
		"\u212aid":                   "kid", // KELVIN SIGN folds to k
		"acce\u017f\u017fRule\u017f": "accessRules",
		"nb\uff46":                   "", // FULLWIDTH LATIN SMALL LETTER F is another letter
		"\u0455ub":                   "", // CYRILLIC SMALL LETTER DZE is another letter
		"k\u0131d":                   "", // dotless i folds to nothing else
		"k\u0130d":                   "",
		"exp ":                       "",
		"downloadAble":               "downloadable",
	} {
		require.Equal(t, want, strictjson.CaseVariant(name, known), "%q", name)
	}
	require.Equal(t, "", strictjson.CaseVariant("A", []string{"a", "A"}), "a known name is no variant")
	require.Equal(t, "", strictjson.CaseVariant("A", nil))
}
