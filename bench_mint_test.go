package streamtoken_test

import (
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"math/bits"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
)

// A million tokens with a usual key take a quarter of an hour to mint. The key of these benchmarks is as good a public key as any, of 2048
// bits, and whoever checks its signatures does all that is done for any other. But it is the product of 32 primes of 64 bits, so that
// signing takes 25 us instead of 1 ms (and whoever wishes can factor it in a moment).

const primes = 32

// quickKey signs modulo each prime and puts the results together by the Chinese remainder theorem.
type quickKey struct {
	public rsa.PublicKey
	prefix string // the token's header, and the dot after it
	part   [primes]quickPart
}

type quickPart struct {
	p      uint64
	d      uint64   // the private exponent modulo p-1
	head   uint64   // the padding before the digest, modulo p
	others *big.Int // the product of the other primes
	invert uint64   // of others, modulo p
}

const quickKeyID = "00000000000000000000000000000001"

func newQuickKey() *quickKey {
	k := &quickKey{prefix: base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"`+quickKeyID+`"}`)) + "."}
	e := big.NewInt(65537)
	n := big.NewInt(1)
	for i := range k.part {
		// Far enough up that 32 of them make 2048 bits, and apart from each other.
		p := new(big.Int).SetUint64(1<<64 - 1 - uint64(i)<<40)
		less := new(big.Int)
		for {
			less.Sub(p, big.NewInt(1))
			if p.ProbablyPrime(20) && less.ModInverse(e, less) != nil {
				break
			}
			p.Sub(p, big.NewInt(2))
		}
		k.part[i].p, k.part[i].d = p.Uint64(), less.Uint64()
		n.Mul(n, p)
	}
	k.public = rsa.PublicKey{N: n, E: 65537}

	// PKCS #1 v1.5 (RFC 8017, section 9.2): 00 01 FF.. 00, the algorithm's name, and 32 bytes of digest.
	padding := slices.Concat([]byte{0, 1}, slices.Repeat([]byte{0xff}, 202), []byte{0},
		[]byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}, make([]byte, 32))
	head := new(big.Int).SetBytes(padding)
	for i := range k.part {
		part := &k.part[i]
		p := new(big.Int).SetUint64(part.p)
		part.head = new(big.Int).Mod(head, p).Uint64()
		part.others = new(big.Int).Div(n, p)
		part.invert = new(big.Int).ModInverse(part.others, p).Uint64()
	}
	return k
}

func mulMod(x, y, p uint64) uint64 {
	hi, lo := bits.Mul64(x, y) // hi < p, since x and y are
	_, r := bits.Div64(hi, lo, p)
	return r
}

// sign gives the token of a payload.
func (k *quickKey) sign(payload []byte) string {
	input := k.prefix + base64.RawURLEncoding.EncodeToString(payload)
	digest := sha256.Sum256([]byte(input))
	sum, term := new(big.Int), new(big.Int)
	for i := range k.part {
		part := &k.part[i]
		m := uint64(0) // the digest modulo p
		for at := 0; at < len(digest); at += 8 {
			word := uint64(0)
			for _, c := range digest[at : at+8] {
				word = word<<8 | uint64(c)
			}
			_, m = bits.Div64(m, word, part.p)
		}
		// m + head may be more than 64 bits.
		low, carry := bits.Add64(m, part.head, 0)
		_, m = bits.Div64(carry, low, part.p)
		s := uint64(1)
		for bit := 63; bit >= 0; bit-- {
			s = mulMod(s, s, part.p)
			if part.d>>bit&1 == 1 {
				s = mulMod(s, m, part.p)
			}
		}
		sum.Add(sum, term.Mul(part.others, term.SetUint64(mulMod(s, part.invert, part.p))))
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(sum.Mod(sum, k.public.N).FillBytes(make([]byte, 256)))
}

// threeRules are the rules of the tokens below, which are of about 900 bytes.
var threeRules = []accessrules.Rule{
	{Type: accessrules.TypeIP, Action: accessrules.Block, IP: []string{"203.0.113.0/24", "198.51.100.0/24", "192.0.2.128/25", "2001:db8::/32", "2400:cb00::/32"}},
	{Type: accessrules.TypeCountry, Action: accessrules.Allow, Country: []string{"US", "CA", "MX", "DE", "FR"}},
	{Type: accessrules.TypeAny, Action: accessrules.Block},
}

// minter makes distinct tokens of one length, by their number.
type minter struct {
	key    *quickKey
	claims streamtoken.Claims
}

func newMinter() *minter {
	now := time.Now()
	return &minter{newQuickKey(), streamtoken.Claims{
		KeyID:       quickKeyID,
		Expires:     now.Add(12 * time.Hour),
		NotBefore:   now.Add(-time.Hour),
		AccessRules: threeRules,
	}}
}

func (m *minter) token(i int) string {
	c := m.claims
	c.Subject = fmt.Sprintf("%032x", i)
	var room [1 << 10]byte
	return m.key.sign(c.AppendJSON(room[:0]))
}

// tokens gives those numbered from first, so many.
func (m *minter) tokens(first, n int) []string {
	list := make([]string, n)
	onAllCores(n, func(i int) { list[i] = m.token(first + i) })
	return list
}

// onAllCores calls f for each of 0 to n-1, whatever -cpu says: it prepares what is measured afterwards.
func onAllCores(n int, f func(i int)) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(runtime.NumCPU()))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.NumCPU() {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
}

// The tokens are what any signer would have minted: crypto/rsa accepts them, go-jose does, and the verifier gives their claims.
func TestQuickTokens(t *testing.T) {
	m := newMinter()
	if m.key.public.N.BitLen() != 2048 {
		t.Fatalf("%d bits", m.key.public.N.BitLen())
	}
	v := newQuickVerifier(t, m, -1)
	seen := map[string]bool{}
	for _, token := range m.tokens(1, 40) {
		if len(token) < 850 || len(token) > 950 || seen[token] {
			t.Errorf("%d bytes, seen before: %v", len(token), seen[token])
		}
		seen[token] = true
		if err := goJose(&world{token: token, public: &m.key.public}); err != nil {
			t.Error(err)
		}
		got, err := v.Verify(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		if c := got.Claims(); !slices.Equal(c.AccessRules[1].Country, threeRules[1].Country) || !strings.HasPrefix(c.Subject, "000000") {
			t.Errorf("%+v", c)
		}
		forged := token[:len(token)-8] + "AAAAAAAA"
		if _, err := v.Verify(t.Context(), forged); err == nil {
			t.Error("a forgery is accepted")
		}
	}
}
