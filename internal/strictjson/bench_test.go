package strictjson_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/strictjson"
)

const payload = `{"sub":"ea95132c15732412d22c1476fa83f27a","kid":"8f926b2b01f3835170025a78a4dcbf6a","exp":1537460365,"nbf":1537453165,"downloadable":true,` +
	`"accessRules":[{"type":"ip.geoip.country","action":"block","country":["US","MX"]},{"type":"ip.src","action":"allow","ip":["93.184.216.0/24","2400:cb00::/32"]},{"type":"any","action":"block"}]}`

func TestNoAllocations(t *testing.T) {
	if raceEnabled {
		return
	}
	for name, doc := range map[string]string{
		"header":     `{"alg":"RS256","kid":"8f926b2b01f3835170025a78a4dcbf6a"}`,
		"payload":    payload,
		"24 names":   object(23, "x"),
		"deep":       strings.Repeat(`{"a":1,"b":`, 15) + `{}` + strings.Repeat("}", 15),
		"long text":  `"` + strings.Repeat("x", 6000) + `"`,
		"many items": "[" + strings.Repeat(`{"a":1,"b":2},`, 500) + "0]",
	} {
		read := func() error {
			r := strictjson.NewReader(doc)
			r.Value()
			return r.End()
		}
		require.NoError(t, read())
		require.Zero(t, testing.AllocsPerRun(100, func() { _ = read() }), name)
	}
}

func BenchmarkReader(b *testing.B) {
	for name, doc := range map[string]string{
		"payload":   payload,
		"header":    `{"alg":"RS256","kid":"8f926b2b01f3835170025a78a4dcbf6a"}`,
		"text":      `"` + strings.Repeat("x", 6000) + `"`,
		"names1000": object(1000, "x"),
		"escapes":   `"` + strings.Repeat(`\u00e9`, 1000) + `"`,
		"unicode":   `"` + strings.Repeat("\u20ac", 2000) + `"`,
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				r := strictjson.NewReader(doc)
				r.Value()
				_ = r.End()
			}
		})
	}
}

func BenchmarkWalk(b *testing.B) {
	v, err := strictjson.Parse([]byte(payload))
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		for range v.Members() {
		}
	}
}
