package bench

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func sample() *Result {
	return &Result{
		Figures: Figures{
			RSASignNS: 950e3, MintNS: 951e3, RSAVerifyNS: 32e3, ColdNS: 35.2e3, ColdVectorNS: 9.6e3, WarmNS: 121.4, Rules5NS: 23.04,
			MintRatio: 1.0012, ColdRatio: 1.1, ColdVectorRatio: 0.3, WarmRatio: 0.0038,
			TokenBytes: 902, TokenRules: 3, LiveTokens: 64, KeyBits: 2048, Processors: 1,
		},
		Bulk: Bulk{
			BulkEngine: "vector", BulkWhy: "<i>why</i>", BulkMintNS: 100e3, BulkMintRatio: 0.1,
			BulkRSASignNS: 960e3, BulkStdNS: 965e3, BulkStdRatio: 1.005, BulkVectorNS: 100e3, BulkVectorRatio: 0.104,
			AllProcessors: 2, AllRSASignNS: 480e3, AllMintNS: 481e3, AllMintRatio: 1.002, AllBulkMintNS: 52e3, AllBulkMintRatio: 0.108,
			AllStdNS: 482e3, AllStdRatio: 1.004, AllVectorNS: 52e3, AllVectorRatio: 0.108,
		},
		Machine: Machine{CPU: "<b>CPU</b>", OS: "linux", Arch: "amd64", Go: "go1.26"},
		Load:    &Load{Requests: 30001, Connections: 8, Bytes: 90003, Took: 3 * time.Second, PerSecond: 10000.33, P50: 750 * time.Microsecond, P99: 2 * time.Millisecond},
	}
}

func TestWriteText(t *testing.T) {
	var b strings.Builder
	require.NoError(t, sample().WriteText(&b))
	require.Equal(t, `Minting                                             time      per second  crypto/rsa
  crypto/rsa, a signature alone                   950 us           1,053      1.00 x
  mint a token                                    951 us           1,052      1.00 x

Minting in bulk
  crypto/rsa, a signature alone                   960 us           1,042      1.00 x
  tokens in bulk, crypto/rsa                      965 us           1,036      1.00 x
  tokens in bulk, vector engine                   100 us          10,000     0.104 x

Minting on all processors, GOMAXPROCS 2
  crypto/rsa, signatures alone                    480 us           2,083      1.00 x
  mint tokens one by one                          481 us           2,079      1.00 x
  tokens in bulk, crypto/rsa                      482 us           2,075      1.00 x
  tokens in bulk, vector engine                  52.0 us          19,231     0.108 x

Checking
  crypto/rsa, a check alone                      32.0 us          31,250      1.00 x
  a token seen for the first time                35.2 us          28,409      1.10 x
  the same, vector engine                        9.60 us         104,167     0.300 x
  the same token again, its 3 rules included      121 ns       8,237,232   0.00380 x
  five access rules by themselves                23.0 ns      43,402,778

The URL
  10,000 requests a second: 30,001 in 3s over 8 kept connections, 90,003 bytes
  half of them answered within 750 us, 99 of 100 within 2.00 ms

bulk minting takes vector here: <i>why</i>
<b>CPU</b>, GOMAXPROCS 1, go1.26 linux/amd64
RSA-2048, a token of 902 bytes with 3 access rules, 64 of them live, 0 allocations a repeated check
`, b.String())

	r := sample()
	r.Load, r.CPU = nil, ""
	b.Reset()
	require.NoError(t, r.WriteText(&b))
	require.NotContains(t, b.String(), "URL")
	require.Contains(t, b.String(), "\nprocessor unknown, GOMAXPROCS 1")
}

// Where the vector engines cannot be used the rows say why.
func TestWriteWithoutVector(t *testing.T) {
	r := sample()
	r.BulkEngine, r.BulkWhy, r.BulkVectorNS, r.AllVectorNS = "crypto/rsa", "<i>no AVX-512</i>", 0, 0
	r.ColdVectorNS, r.ColdVectorWhy = 0, "switched off"
	var b strings.Builder
	require.NoError(t, r.WriteText(&b))
	require.Equal(t, 2, strings.Count(b.String(), "\n  tokens in bulk, vector engine: not measured: <i>no AVX-512</i>\n"))
	require.Contains(t, b.String(), "\n  the same, vector engine: not measured: switched off\n")
	require.Contains(t, b.String(), "\nbulk minting takes crypto/rsa here: <i>no AVX-512</i>\n")
	b.Reset()
	require.NoError(t, r.WriteHTML(&b, time.Unix(1767225600, 0)))
	text, elements := readPage(t, b.String())
	require.Equal(t, 2, strings.Count(text, "not measured: <i>no AVX-512</i>"))
	require.Contains(t, text, "not measured: switched off")
	require.Equal(t, 11, elements["div"]-elements["table"]) // the three have no bar
	require.Zero(t, elements["i"])
}

func TestWriteHTML(t *testing.T) {
	var b strings.Builder
	require.NoError(t, sample().WriteHTML(&b, time.Unix(1767225600, 0)))
	page := b.String()
	text, elements := readPage(t, page)
	for _, want := range []string{"32.0 us", "0.00380 x", "8,237,232", "10,000 requests a second", "<b>CPU</b>, GOMAXPROCS 1", "2026-01-01 00:00 UTC"} {
		require.Contains(t, text, want)
	}
	require.Contains(t, page, `<div style="width: 90.9%"></div>`) // crypto/rsa beside the first check
	require.Contains(t, page, `<div style="width: 0.3%"></div>`)
	require.Equal(t, 4, elements["table"])
	require.Equal(t, 14, elements["div"]-elements["table"]) // a bar each
	for _, name := range []string{"script", "link", "img", "b", "i", "iframe", "a"} {
		require.Zero(t, elements[name], name)
	}
	require.NotContains(t, page, "://")
	require.NotContains(t, page, "ZgotmplZ") // what html/template puts where it does not trust a value
}

// readPage gives the text of a page and how often each element stands in it. Every element must be closed.
func readPage(t *testing.T, page string) (string, map[string]int) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var text strings.Builder
	var open []string
	elements := map[string]int{}
	for {
		token, err := d.Token()
		if err == io.EOF {
			require.Empty(t, open)
			return text.String(), elements
		}
		require.NoError(t, err)
		switch token := token.(type) {
		case xml.StartElement:
			elements[token.Name.Local]++
			open = append(open, token.Name.Local)
		case xml.EndElement:
			require.Equal(t, open[len(open)-1], token.Name.Local)
			open = open[:len(open)-1]
		case xml.CharData:
			text.Write(token)
		}
	}
}

func TestNumbers(t *testing.T) {
	for ns, want := range map[float64]string{
		0: "0.00 ns", 0.5: "0.500 ns", 9.994: "9.99 ns", 9.996: "10.0 ns", 23.04: "23.0 ns", 121.4: "121 ns", 999.4: "999 ns", 999.6: "1.00 us",
		32e3: "32.0 us", 950e3: "950 us", 999.6e3: "1.00 ms", 12.34e6: "12.3 ms", 1.5e9: "1.50 s", 2e12: "2,000 s",
	} {
		require.Equal(t, want, duration(ns))
	}
	for f, want := range map[float64]string{0.0038: "0.00380", 0.00999: "0.00999", 0.09996: "0.100", 1: "1.00", 1.126: "1.13", 1e-12: "0.000000000"} {
		require.Equal(t, want, significant(f))
	}
	for f, want := range map[float64]string{0: "0", 999: "999", 1000: "1,000", 1234567.4: "1,234,567"} {
		require.Equal(t, want, whole(f))
	}
}
