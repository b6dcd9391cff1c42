package api_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/api"
)

// description is the OpenAPI document, and what of it the tests have seen.
type description struct {
	once sync.Once
	doc  map[string]any

	mu   sync.Mutex
	seen map[string]bool // "GET /path 200"
}

var described description

func (d *description) load() map[string]any {
	d.once.Do(func() {
		if err := json.Unmarshal(api.OpenAPI(), &d.doc); err != nil {
			panic(err)
		}
		d.seen = map[string]bool{}
	})
	return d.doc
}

// resolve follows references.
func (d *description) resolve(node any) map[string]any {
	m, _ := node.(map[string]any)
	for {
		ref, ok := m["$ref"].(string)
		if !ok {
			return m
		}
		var at any = d.load()
		for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
			at = at.(map[string]any)[part]
		}
		m, _ = at.(map[string]any)
		if m == nil {
			panic("openapi.json: no " + ref)
		}
	}
}

// operation finds what describes a request: the path's template and the operation, nil if there is none.
func (d *description) operation(method, path string) (template string, op map[string]any) {
	if method == "HEAD" {
		method = "GET"
	}
	based := strings.HasPrefix(path, "/client/v4/")
	parts := strings.Split(strings.TrimPrefix(path, "/client/v4"), "/")
	for template, item := range d.load()["paths"].(map[string]any) {
		wants := strings.Split(template, "/")
		same := len(wants) == len(parts)
		for i := 0; same && i < len(wants); i++ {
			same = wants[i] == parts[i] || strings.HasPrefix(wants[i], "{") && parts[i] != ""
		}
		if !same || based && len(item.(map[string]any)["servers"].([]any)) < 2 {
			continue
		}
		if op, ok := item.(map[string]any)[strings.ToLower(method)].(map[string]any); ok {
			return template, op
		}
	}
	return "", nil
}

// check holds an answer against the description: its status is there, and its body is what the schema says and no more.
func (d *description) check(t testing.TB, method, path string, a reply) {
	t.Helper()
	template, op := d.operation(method, path)
	schema := any(map[string]any{"$ref": "#/components/schemas/ErrorEnvelope"})
	if op == nil {
		require.Contains(t, []int{404, 405}, a.status, "%s %s is not described: %s", method, path, a.body)
	} else {
		response := d.resolve(op["responses"].(map[string]any)[strconv.Itoa(a.status)])
		if response == nil && a.status == 404 && strings.Contains(a.body, "7003") {
			return // a path that only looks like the template
		}
		require.NotNil(t, response, "%s %s: status %d is not described: %s", method, template, a.status, a.body)
		d.mu.Lock()
		d.seen[method+" "+template+" "+strconv.Itoa(a.status)] = true
		d.mu.Unlock()
		for name := range asMap(response["headers"]) {
			if name != "Streamtoken-Invalidated" { // not if the nodes are still to learn of it
				require.NotEmpty(t, a.header.Get(name), "%s %s %d: no %s", method, template, a.status, name)
			}
		}
		content, ok := response["content"].(map[string]any)
		if !ok {
			require.Empty(t, a.body)
			return
		}
		schema = content["application/json"].(map[string]any)["schema"]
	}
	if method == "HEAD" {
		return
	}
	require.Equal(t, "application/json", a.header.Get("Content-Type"))
	var body any
	require.NoError(t, json.Unmarshal([]byte(a.body), &body), a.body)
	require.NoError(t, d.matches(schema, body, ""), "%s %s %d: %s", method, path, a.status, a.body)
}

// matches is the part of JSON Schema that openapi.json uses. It is stricter in one thing: a property that the schema does
// not name is an error, so that nothing is served that is not described. A keyword it does not know is an error too.
func (d *description) matches(schema, value any, at string) error {
	s := d.resolve(schema)
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("%s: "+format, append([]any{at}, args...)...)
	}
	for keyword, want := range s {
		switch keyword {
		case "description", "default", "properties", "items", "$ref":
		case "type":
			if !hasType(want, value) {
				return wrong("is no %v but %T", want, value)
			}
		case "required":
			for _, name := range want.([]any) {
				if _, ok := asMap(value)[name.(string)]; !ok {
					return wrong("has no %s", name)
				}
			}
		case "enum":
			found := false
			for _, e := range want.([]any) {
				found = found || reflect.DeepEqual(e, value)
			}
			if !found {
				return wrong("is not one of %v", want)
			}
		case "const":
			if !reflect.DeepEqual(want, value) {
				return wrong("is not %v", want)
			}
		case "pattern":
			if text, ok := value.(string); ok && !regexp.MustCompile(want.(string)).MatchString(text) {
				return wrong("does not match %v", want)
			}
		case "format":
			text, _ := value.(string)
			if _, err := time.Parse(time.RFC3339Nano, text); want == "date-time" && (err != nil || !strings.HasSuffix(text, "Z")) {
				return wrong("is no time in UTC")
			}
		case "minLength", "minItems", "minimum", "maxLength", "maxItems", "maximum", "maxProperties":
			if n, bound := size(value), want.(float64); strings.HasPrefix(keyword, "min") && n < bound || strings.HasPrefix(keyword, "max") && n > bound {
				return wrong("%s %v", keyword, want)
			}
		case "uniqueItems":
		default:
			return wrong("the schema has the keyword %s, which this test does not know", keyword)
		}
	}
	if properties, ok := s["properties"].(map[string]any); ok {
		for name, v := range asMap(value) {
			property, ok := properties[name]
			if !ok {
				return wrong("has %s, which is not described", name)
			}
			if err := d.matches(property, v, at+"/"+name); err != nil {
				return err
			}
		}
	}
	if list, ok := value.([]any); ok && s["items"] != nil {
		for i, v := range list {
			if err := d.matches(s["items"], v, at+"/"+strconv.Itoa(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

func hasType(want, value any) bool {
	if list, ok := want.([]any); ok {
		for _, w := range list {
			if hasType(w, value) {
				return true
			}
		}
		return false
	}
	switch v := value.(type) {
	case nil:
		return want == "null"
	case bool:
		return want == "boolean"
	case string:
		return want == "string"
	case float64:
		return want == "number" || want == "integer" && v == math.Trunc(v)
	case []any:
		return want == "array"
	case map[string]any:
		return want == "object"
	}
	return false
}

func size(value any) float64 {
	switch v := value.(type) {
	case float64:
		return v
	case string:
		return float64(len(v))
	case []any:
		return float64(len(v))
	case map[string]any:
		return float64(len(v))
	}
	return 0
}

func asMap(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}
