package api_test

import (
	"bufio"
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/api"
)

func TestNewTokens(t *testing.T) {
	list, err := api.NewTokens([]byte(tokenList))
	require.NoError(t, err)
	for token, want := range map[string]api.Principal{
		anyToken: {Name: "line 2"},
		aToken:   {Account: accountA, Name: "line 4"},
		bToken:   {Account: accountB, Name: "line 5"},
	} {
		p, ok := list.Authenticate(token)
		require.True(t, ok)
		require.Equal(t, want, p)
	}
	for _, token := range []string{"", "#", "# a comment", anyToken + " ", aToken + " " + accountA, anyToken[1:], accountA} {
		p, ok := list.Authenticate(token)
		require.False(t, ok)
		require.Zero(t, p)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%q"} {
		require.Equal(t, "api.Tokens(3)", fmt.Sprintf(verb, list))
		require.Equal(t, "api.Tokens(3)", fmt.Sprintf(verb, *list))
	}
}

func TestNewTokensRefusals(t *testing.T) {
	const good = "abcdefghijklmnop"
	for list, want := range map[string]string{
		"":                                   "without a token",
		"\n# nothing\n":                      "without a token",
		good + " a b":                        "line 1",
		"# x\n" + good[1:] + "\n":            "line 2",
		good + "\n\n" + good + "\n":          "line 3: the token is in the list twice",
		good + "\n" + good + " account\n":    "line 2: the token is in the list twice",
		"# x\n" + good:                       "line 2: it does not end with a line feed",
		good + " " + strings.Repeat("a", 33): "account id",
		good + " a/b":                        "account id",
		good + "\"":                          "line 1",
		"a=" + good:                          "line 1",
		strings.Repeat("=", 16):              "line 1",
		strings.Repeat("a", 1025):            "line 1",
		strings.Repeat("a", 1<<20+1):         "more than 1048576 bytes",
		"\xef\xbb\xbf" + good:                "line 1",
		good + "\x00":                        "line 1",
		manyTokens(1001):                     "line 1001: more than 1000",
	} {
		tokens, err := api.NewTokens([]byte(list))
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), good[1:])
		require.Nil(t, tokens)
	}
	_, err := api.NewTokens([]byte(manyTokens(1000)))
	require.NoError(t, err)
}

// A list that is cut short, by a full disk or a writer at work, gives nobody more than the whole list does.
func TestNewTokensCutShort(t *testing.T) {
	const list = "# a\nabcdefghijklmnopqrstuvwxyz account1\n0123456789abcdefghij\tacc2\r\n"
	whole := map[string]string{"abcdefghijklmnopqrstuvwxyz": "account1", "0123456789abcdefghij": "acc2"}
	for n := range len(list) {
		tokens, err := api.NewTokens([]byte(list[:n]))
		if err != nil {
			continue
		}
		for i := range len(list) {
			for j := i + api.MinTokenBytes; j <= min(len(list), i+26); j++ {
				if p, ok := tokens.Authenticate(list[i:j]); ok {
					require.Contains(t, whole, list[i:j], "cut at %d", n)
					require.Equal(t, whole[list[i:j]], p.Account, "cut at %d", n)
				}
			}
		}
	}
}

func manyTokens(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a-token-of-many-%d\n", i)
	}
	return b.String()
}

var tokenLine = regexp.MustCompile(`^([A-Za-z0-9._~+/-]+=*)(?:[\t\r ]+([A-Za-z0-9_-]{1,32}))?$`)

// FuzzTokens: a list is accepted if and only if every line is empty, a comment or matches the grammar, and no token is there
// twice; then each token is known with its account, and nothing else of the list is.
func FuzzTokens(f *testing.F) {
	for _, seed := range []string{tokenList, "", "#\n", "abcdefghijklmnop", "abcdefghijklmnop==\tx\nabcdefghijklmnop=", "abcdefghijklmnop\nabcdefghijklmnop x", "  \n\r\n\tabcdefghijklmnop \r", "abcdefghijklmnop a b"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, list []byte) {
		for _, c := range list {
			if c >= 0x80 || c == '\v' || c == '\f' { // which of these are blanks is not the question
				return
			}
		}
		want, good := map[string]string{}, len(list) <= 1<<20
		lines := bufio.NewScanner(bytes.NewReader(list))
		lines.Buffer(nil, 2<<20)
		last := bytes.LastIndexByte(list, '\n') + 1
		if rest := strings.TrimSpace(string(list[last:])); last > 0 && rest != "" && rest[0] != '#' {
			good = false // cut short
		}
		for lines.Scan() {
			line := strings.TrimSpace(lines.Text())
			if line == "" || line[0] == '#' {
				continue
			}
			m := tokenLine.FindStringSubmatch(line)
			if m == nil || len(m[1]) < 16 || len(m[1]) > 1024 {
				good = false
				break
			}
			if _, twice := want[m[1]]; twice {
				good = false
			}
			want[m[1]] = m[2]
		}
		good = good && len(want) > 0 && len(want) <= 1000
		tokens, err := api.NewTokens(list)
		if (err == nil) != good {
			t.Fatalf("accepted %v, want %v: %v", err == nil, good, err)
		}
		if !good {
			return
		}
		for token, account := range want {
			if p, ok := tokens.Authenticate(token); !ok || p.Account != account {
				t.Fatalf("%q: %v %v", token, p, ok)
			}
			if _, ok := tokens.Authenticate(token + "a"); ok && want[token+"a"] == "" {
				if _, there := want[token+"a"]; !there {
					t.Fatal("a token nobody has")
				}
			}
		}
	})
}
