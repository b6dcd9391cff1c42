package rsavec

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A batch beside one signature of crypto/rsa, in turns, since a busy machine
// slows both. The ratio is the median of all turns, and on a quiet machine
// that of the fastest: neighbours slow scalar code more than this.
func BenchmarkSign(b *testing.B) {
	b.Logf("assembly: %t", Supported())
	key := privateKey(b, "a")
	k, s := prepare(b, key), NewScratch()
	digest := sha256.Sum256(nil)
	em := [Lanes][Size]byte{}
	for i := range em {
		em[i] = encoded(digest)
	}
	var out [Lanes][Size]byte
	var ratios []float64
	var ours, theirs []time.Duration
	for b.Loop() {
		start := time.Now()
		if _, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:]); err != nil {
			b.Fatal(err)
		}
		between := time.Now()
		if k.Sign(s, &out, &em) != 0xff {
			b.Fatal("not signed")
		}
		end := time.Now()
		ours, theirs = append(ours, end.Sub(between)), append(theirs, between.Sub(start))
		ratios = append(ratios, Lanes*float64(between.Sub(start))/float64(end.Sub(between)))
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "x-crypto/rsa")
	b.ReportMetric(Lanes*float64(slices.Min(theirs))/float64(slices.Min(ours)), "x-crypto/rsa(fastest)")
	b.ReportMetric(float64(slices.Min(ours).Nanoseconds())/Lanes, "ns/signature(fastest)")
	b.ReportMetric(0, "ns/op") // of both together: it says nothing
}

func TestSignAllocatesNothing(t *testing.T) {
	k, s := prepare(t, privateKey(t, "a")), NewScratch()
	var em, out [Lanes][Size]byte
	require.Zero(t, testing.AllocsPerRun(2, func() { k.Sign(s, &out, &em) }))
}

func BenchmarkRoutines(b *testing.B) {
	for _, f := range laneRoutines() {
		x, columns, m, table := aligned[octet](), aligned[wide](), aligned[modulus](), aligned[window]()
		k := prepare(b, privateKey(b, "a"))
		*m, *x = k.p.m, k.p.r2
		b.Run(f.name+"/mul", func(b *testing.B) {
			for b.Loop() {
				f.mul(x, x, &k.p.r3, m)
			}
		})
		b.Run(f.name+"/square", func(b *testing.B) {
			for b.Loop() {
				f.square(x, x, columns, m, 1)
			}
		})
		b.Run(f.name+"/choose", func(b *testing.B) {
			for b.Loop() {
				f.choose(x, table, 3)
			}
		})
	}
}
