package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
)

// BenchmarkBulkLines measures sign --batch, from lines to lines, beside signer.SignAll alone with the same claims and engine;
// the two take turns. of-SignAll is the median ratio of their rates.
func BenchmarkBulkLines(b *testing.B) {
	const lines = 4096
	rules := `,"accessRules":[{"type":"ip.geoip.country","action":"allow","country":["US","CA"]},{"type":"ip.src","action":"block","ip":["203.0.113.0/24","2001:db8::/32"]},{"type":"any","action":"block"}]`
	for name, line := range map[string]string{"ids": "%032x\n", "objects": `{"sub":"%032x"` + rules + "}\n"} {
		var text strings.Builder
		for i := range lines {
			fmt.Fprintf(&text, line, i)
		}
		for _, engine := range []string{"auto", "std"} {
			b.Run(name+"/"+engine, func(b *testing.B) {
				env := testEnvironment("")
				key, err := env.loadSigningKey("../../testdata/keys/a.json", "")
				require.NoError(b, err)
				s, about, err := env.bulkSigner(key, engine)
				require.NoError(b, err)
				b.Log(about)
				claims := make([]streamtoken.Claims, lines)
				reader, l := claimReader{}, newLineReader(strings.NewReader(text.String()))
				for i := range claims {
					line, err := l.next()
					require.NoError(b, err)
					claims[i], err = reader.read(l.number, line)
					require.NoError(b, err)
				}
				var ratios []float64
				for b.Loop() {
					start := time.Now()
					for _, err := range s.SignAll(b.Context(), slices.Values(claims)) {
						require.NoError(b, err)
					}
					alone := time.Since(start)
					start = time.Now()
					run := &batch{mint: s, in: strings.NewReader(text.String()), out: newLineWriter(io.Discard, "to nowhere"), stderr: io.Discard}
					_, err := run.run(b.Context())
					require.NoError(b, err)
					require.EqualValues(b, lines, run.minted())
					ratios = append(ratios, float64(alone)/float64(time.Since(start)))
				}
				slices.Sort(ratios)
				b.ReportMetric(ratios[len(ratios)/2], "of-SignAll")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}
