package api_test

import (
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/api"
)

// What is served is described, and what is described is served: the same methods and paths, under the same bases, with
// and without a credential.
func TestEveryRouteIsDescribed(t *testing.T) {
	var served, found []string
	line := func(method, path string, bases int, credential bool) string {
		s := method + " " + path
		if bases > 1 {
			s += " any base"
		}
		if credential {
			s += " credential"
		}
		return s
	}
	for _, r := range api.ControlRoutes() {
		bases := 1
		if r.AnyBase {
			bases = 2
		}
		served = append(served, line(r.Method, r.Pattern, bases, r.NeedsCredential))
	}
	for path, item := range described.load()["paths"].(map[string]any) {
		for name, op := range item.(map[string]any) {
			if name == "servers" {
				continue
			}
			_, own := asMap(op)["security"] // none, or the TURN key
			found = append(found, line(strings.ToUpper(name), path, len(asMap(item)["servers"].([]any)), !own))
			require.NotEmpty(t, asMap(op)["summary"])
		}
	}
	sort.Strings(served)
	sort.Strings(found)
	require.Equal(t, served, found)
}

// Every parameter in braces is described, and nothing else is taken for one.
func TestPathParametersAreDescribed(t *testing.T) {
	ids := map[string]bool{}
	for path, item := range described.load()["paths"].(map[string]any) {
		for name, op := range item.(map[string]any) {
			if name == "servers" {
				continue
			}
			id := asMap(op)["operationId"].(string)
			require.False(t, ids[id], "operationId %s twice", id)
			ids[id] = true
			var want, got []string
			for part := range strings.SplitSeq(path, "/") {
				if strings.HasPrefix(part, "{") {
					want = append(want, strings.Trim(part, "{}"))
				}
			}
			list, _ := asMap(op)["parameters"].([]any)
			for _, p := range list {
				if p := described.resolve(p); p["in"] == "path" {
					got = append(got, p["name"].(string))
				}
			}
			require.Equal(t, want, got, "%s %s", name, path)
		}
	}
}

// A checker that lets everything pass would find nothing.
func TestTheCheckerRefuses(t *testing.T) {
	schema := map[string]any{"$ref": "#/components/schemas/StreamKey"}
	good := map[string]any{"id": strings.Repeat("a", 32), "key_id": strings.Repeat("a", 32), "created": "2030-01-02T03:04:05Z"}
	require.NoError(t, described.matches(schema, good, ""))
	for name, change := range map[string]func(map[string]any){
		"a property more":  func(m map[string]any) { m["pem"] = "x" },
		"a property less":  func(m map[string]any) { delete(m, "created") },
		"another type":     func(m map[string]any) { m["id"] = 1.0 },
		"another pattern":  func(m map[string]any) { m["id"] = "A" },
		"a time elsewhere": func(m map[string]any) { m["created"] = "2030-01-02T03:04:05+01:00" },
	} {
		bad := map[string]any{}
		for k, v := range good {
			bad[k] = v
		}
		change(bad)
		require.Error(t, described.matches(schema, bad, ""), name)
	}
}
