package streamtoken_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"sort"
	"strings"
	"testing"
)

const module = "github.com/streamtoken/streamtoken"

// room says what a package may import: ours by path below the module ("." is the root package), others by module path.
type room struct {
	ours   []string
	others []string
}

// rooms is the architecture. Imports run downward; a package that is not in this list fails the test, and so does an entry without a package.
var rooms = map[string]room{
	".":                    {ours: []string{"accessrules", "internal/strictjson"}},
	"internal/strictjson":  {},
	"accessrules":          {ours: []string{"internal/strictjson"}},
	"accessrules/geoip":    {ours: []string{"accessrules", "internal/follow"}, others: []string{"github.com/oschwald/geoip2-golang/v2", "github.com/oschwald/maxminddb-golang/v2"}},
	"internal/jws":         {ours: []string{"internal/strictjson"}},
	"internal/jwk":         {ours: []string{"internal/strictjson"}, others: []string{"github.com/go-jose/go-jose/v4"}},
	"internal/follow":      {others: []string{"github.com/fsnotify/fsnotify"}},
	"signer":               {ours: []string{".", "accessrules", "internal/jws", "internal/jwk", "internal/strictjson"}},
	"internal/rsavec":      {others: []string{"golang.org/x/sys"}}, // x/sys/cpu: what the processor has
	"internal/tokencache":  {},
	"verifier":             {ours: []string{".", "accessrules", "internal/jws", "internal/jwk", "internal/follow", "internal/strictjson", "internal/tokencache"}},
	"internal/problemjson": {},
	"signer/vector":        {ours: []string{"signer", "internal/rsavec"}},
	"verifier/vector":      {ours: []string{"verifier", "internal/rsavec"}},
	"gate":                 {ours: []string{".", "verifier", "accessrules"}},
	"middleware":           {ours: []string{"internal/problemjson", ".", "gate", "accessrules"}},
	"edge":                 {ours: []string{"internal/problemjson", ".", "accessrules", "accessrules/geoip", "verifier", "gate", "middleware", "internal/follow"}},
	"moq":                  {ours: []string{"internal/problemjson", ".", "internal/jws", "internal/jwk", "internal/strictjson", "internal/follow", "internal/tokencache"}},
	"turn":                 {},
	"store":                {ours: []string{".", "moq", "turn"}, others: []string{"modernc.org/sqlite", "github.com/jackc/pgx/v5"}},
	"api":                  {ours: []string{".", "accessrules", "signer", "moq", "turn", "store", "internal/jwk", "internal/strictjson"}},
	"tokentest":            {ours: []string{".", "accessrules", "signer", "verifier", "gate", "middleware", "edge", "moq", "store", "api"}},
	"internal/pgtest":      {},
	"internal/apitest":     {ours: []string{".", "moq", "verifier"}, others: []string{"github.com/go-jose/go-jose/v4", "github.com/stretchr/testify"}}, // go-jose as the independent verifier
	"internal/bench":       {ours: []string{".", "accessrules", "signer", "signer/vector", "verifier", "verifier/vector", "gate"}},
	"internal/demo":        {ours: []string{".", "accessrules", "signer", "verifier", "gate", "middleware", "edge", "moq", "turn", "store", "api"}},
	"cmd/streamtoken":      {ours: []string{".", "accessrules", "accessrules/geoip", "signer", "signer/vector", "verifier", "verifier/vector", "gate", "middleware", "edge", "moq", "turn", "store", "api", "internal/follow", "internal/bench", "internal/demo"}, others: []string{"github.com/spf13/cobra", "github.com/spf13/pflag"}},
}

// closures pins every module a program pulls in by importing the package, through however many steps.
var closures = map[string][]string{
	".":           {},
	"accessrules": {},
	"signer":      {"github.com/go-jose/go-jose/v4"},
	"verifier":    {"github.com/go-jose/go-jose/v4", "github.com/fsnotify/fsnotify", "golang.org/x/sys"}, // x/sys is fsnotify's own
	"turn":        {},
	"moq":         {"github.com/go-jose/go-jose/v4", "github.com/fsnotify/fsnotify", "golang.org/x/sys"},
	"gate":        {"github.com/go-jose/go-jose/v4", "github.com/fsnotify/fsnotify", "golang.org/x/sys"},
	"middleware":  {"github.com/go-jose/go-jose/v4", "github.com/fsnotify/fsnotify", "golang.org/x/sys"},
}

// strangers are standard packages that a room must not know, each with the reason.
var strangers = map[string][]string{
	"accessrules":         {"net/http", "time", "crypto", "log", "log/slog", "os"}, // a rule has no clock, key, request or log
	".":                   {"net/http", "crypto", "crypto/rsa", "os", "log", "log/slog"},
	"internal/jws":        {"net/http", "time", "os"},
	"internal/strictjson": {"net/http", "time", "os", "encoding/json"},
	"internal/jwk":        {"net/http", "time", "os"},
	"internal/tokencache": {"net/http", "time", "os", "crypto", "crypto/rsa"},
	"signer":              {"net/http", "os"}, // no environment, no viewer
	"verifier":            {"net/http", "net/netip"},
	"gate":                {"net/http", "os"},
	"middleware":          {"os", "crypto/rsa"},
	"moq":                 {"os", "crypto/rsa"},
	"turn":                {"net/http", "net", "os", "log"},
	"store":               {"net/http", "flag"},
	"api":                 {"os", "flag", "net"},
}

type goPackage struct {
	ImportPath string
	Imports    []string
	Deps       []string
	Module     *struct{ Path string }
	Standard   bool
}

func goList(t *testing.T, args ...string) []goPackage {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Imports,Deps,Module,Standard"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %v: %v\n%s", args, err, stderr.String())
	}
	var list []goPackage
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := dec.Decode(&p); err == io.EOF {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

func short(path string) string {
	if path == module {
		return "."
	}
	return strings.TrimPrefix(path, module+"/")
}

func TestImportsRunDownward(t *testing.T) {
	moduleOf := map[string]string{} // import path of a package outside the standard library -> its module
	for _, p := range goList(t, "-deps", "./...") {
		if !p.Standard && p.Module != nil {
			moduleOf[p.ImportPath] = p.Module.Path
		}
	}
	seen := map[string]bool{}
	for _, p := range goList(t, "./...") {
		name := short(p.ImportPath)
		seen[name] = true
		r, ok := rooms[name]
		if !ok {
			t.Errorf("package %s is in no room: add it to the map, or put its code where it belongs", name)
			continue
		}
		for _, imp := range p.Imports {
			switch m := moduleOf[imp]; {
			case m == module:
				if !slices.Contains(r.ours, short(imp)) {
					t.Errorf("%s must not import %s", name, short(imp))
				}
			case m != "":
				if !slices.Contains(r.others, m) {
					t.Errorf("%s must not import %s", name, imp)
				}
			case slices.Contains(strangers[name], imp):
				t.Errorf("%s must not know %s", name, imp)
			}
		}
	}
	for name := range rooms {
		if !seen[name] {
			t.Errorf("room %s has no tenant", name)
		}
	}
}

func TestClosures(t *testing.T) {
	for name, want := range closures {
		got := map[string]bool{}
		for _, p := range goList(t, "-deps", "./"+name) {
			if p.Standard || p.Module == nil || p.Module.Path == module {
				continue
			}
			got[p.Module.Path] = true
		}
		for m := range got {
			if !slices.Contains(want, m) {
				t.Errorf("importing %s pulls in %s", name, m)
			}
		}
		for _, m := range want {
			if !got[m] {
				t.Errorf("importing %s no longer pulls in %s: take it off the list", name, m)
			}
		}
	}
}

// A verifier that cannot mint is the point of the split: not even through a dependency may it, or anything above it that serves, reach the signer.
func TestWhatServesCannotMint(t *testing.T) {
	for _, name := range []string{"verifier", "gate", "middleware", "edge"} {
		for _, p := range goList(t, "./"+name) {
			sort.Strings(p.Deps)
			if slices.Contains(p.Deps, module+"/signer") {
				t.Errorf("%s reaches the signer", name)
			}
		}
	}
}

// TestVectorIsOptIn: no assembly of ours gets into a program that has not imported a package named vector.
func TestVectorIsOptIn(t *testing.T) {
	want := []string{"cmd/streamtoken", "internal/bench", "signer/vector", "verifier/vector"}
	var got []string
	for _, p := range goList(t, "./...") {
		if slices.Contains(p.Deps, module+"/internal/rsavec") {
			got = append(got, short(p.ImportPath))
		}
	}
	sort.Strings(got)
	if !slices.Equal(got, want) {
		t.Errorf("the vector arithmetic comes with %v, not with %v", got, want)
	}
}
