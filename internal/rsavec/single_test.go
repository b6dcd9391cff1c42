package rsavec

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

type chainFunc = func(dst, first, second, last, n *number, k0 uint64, squarings int)

// chains are the routines under test: the assembly and the twin. On machines
// without the instructions the twin is all there is.
func chains() []chainFunc {
	if Supported() {
		return []chainFunc{chain, chainPortable}
	}
	return []chainFunc{chain}
}

var bigR = new(big.Int).Lsh(big.NewInt(1), limbBits*numberLimbs)

func (x *number) big() *big.Int {
	v := new(big.Int)
	for _, limb := range slices.Backward(x[:]) {
		v.Lsh(v, limbBits).Add(v, new(big.Int).SetUint64(limb))
	}
	return v
}

func numberOf(v *big.Int) (x number) {
	v = new(big.Int).Set(v)
	mask := big.NewInt(limbMask)
	for j := range x {
		x[j] = new(big.Int).And(v, mask).Uint64()
		v.Rsh(v, limbBits)
	}
	return x
}

// bigAMM is (ab + qn)/R by definition.
func bigAMM(a, b, n *big.Int) *big.Int {
	ab := new(big.Int).Mul(a, b)
	q := new(big.Int).ModInverse(n, bigR)
	q.Mul(q, ab).Neg(q).Mod(q, bigR)
	return ab.Add(ab, q.Mul(q, n)).Rsh(ab, limbBits*numberLimbs)
}

// lookahead says which limbs of a sum are carried into by a carry that the limb
// below would not have without one into it, as the assembly's last step meets
// them: limbs of 2^52-1 that a carry runs through.
func lookahead(sum *number) (through [numberLimbs]bool) {
	var x number
	for j := range sum {
		x[j] = sum[j] & limbMask
		if j > 0 {
			x[j] += sum[j-1] >> limbBits
		}
	}
	into := false
	for j := range x {
		through[j] = into && x[j] == limbMask
		into = x[j] > limbMask || through[j]
	}
	return through
}

// moduli are odd and below 2^2048; most of them have limbs that make long carries.
func moduli(r *rand.Rand) []number {
	top := uint64(1)<<(2048-(numberLimbs-1)*limbBits) - 1 // of the highest limb
	ones, sparse, dense, alternate := number{}, number{0: 1}, number{}, number{}
	for j := range ones {
		ones[j], dense[j] = limbMask, r.Uint64()&limbMask
		if j%2 == 0 {
			alternate[j] = limbMask
		}
	}
	ones[numberLimbs-1], sparse[numberLimbs-1] = top, top/2+1
	dense[0], dense[numberLimbs-1] = dense[0]|1, top/2+1|r.Uint64()&top
	second := dense
	second[0], second[1] = limbMask, limbMask
	lowest := dense
	lowest[0], lowest[1] = 1, 0
	return []number{ones, sparse, dense, alternate, second, lowest, {0: 1}, {0: 3}}
}

// checkAMM compares the routine in use for one multiplication, and every fourth
// time the twin beside it, which takes long. It reports false where the result
// would not be below R, which the routines do not promise anything for.
func checkAMM(t *testing.T, a, b, n *number, time int) bool {
	want := bigAMM(a.big(), b.big(), n.big())
	if want.Cmp(bigR) >= 0 {
		return false
	}
	limbs := numberOf(want)
	for i, f := range chains() {
		if i > 0 && time%4 > 0 {
			continue
		}
		got := number{0: 1, numberLimbs - 1: 1}
		f(&got, a, b, nil, n, inverse(n), 0)
		require.Equal(t, limbs, got, "routine %d: %x * %x mod %x", i, a.big(), b.big(), n.big())
	}
	return true
}

func TestMultiplyEdges(t *testing.T) {
	t.Logf("assembly: %t", Supported())
	ran := 0
	for _, n := range moduli(rand.New(rand.NewPCG(1, 1))) {
		var operands []number
		add := func(v *big.Int) {
			if v.Sign() >= 0 && v.Cmp(bigR) < 0 {
				operands = append(operands, numberOf(v))
			}
		}
		one := big.NewInt(1)
		m := n.big()
		for _, v := range []*big.Int{
			new(big.Int), one, big.NewInt(2), big.NewInt(limbMask), m, new(big.Int).Lsh(m, 1), new(big.Int).Rsh(m, 1),
			new(big.Int).Mod(bigR, m), new(big.Int).Mod(new(big.Int).Mul(bigR, bigR), m), bigR, new(big.Int).Sub(bigR, m),
		} {
			add(new(big.Int).Sub(v, one))
			add(v)
			add(new(big.Int).Add(v, one))
		}
		for _, bits := range []uint{51, 52, 53, 104, 415, 416, 417, 1040, 2028, 2047, 2048, 2079} {
			add(new(big.Int).Lsh(one, bits))
			add(new(big.Int).Sub(new(big.Int).Lsh(one, bits), one))
		}
		for i := range operands {
			for j := range operands {
				if checkAMM(t, &operands[i], &operands[j], &n, ran) {
					ran++
				}
			}
		}
	}
	require.Greater(t, ran, 12_000)
}

// TestMultiplyCarries looks for sums in which a carry runs through limbs that are
// all ones, which random numbers never come to: the one step of the assembly that
// the twin does in another way. It sees to it that one ran through every limb
// where that can be, and through all of them at once.
func TestMultiplyCarries(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	limb := func() uint64 {
		return [...]uint64{0, 0, 0, 1, limbMask, limbMask - 1, 1 << 51, 2, r.Uint64() & limbMask}[r.IntN(9)]
	}
	var through [numberLimbs]int
	longest, ran := 0, 0
	for _, n := range moduli(r) {
		for range 1000 {
			var a, b number
			for j := range a {
				a[j] = limb()
			}
			switch r.IntN(3) {
			case 0: // one row in which there is anything
				b[numberLimbs-1-r.IntN(2)] = limb()
			case 1:
				a, b = number{0: limb()}, number{numberLimbs - 1: limb()}
				a[r.IntN(numberLimbs)], b[r.IntN(numberLimbs)] = limb(), limb()
			default:
				for j := range b {
					b[j] = limb()
				}
			}
			if !checkAMM(t, &a, &b, &n, ran) {
				continue
			}
			ran++
			sum, run := accumulate(&a, &b, &n, inverse(&n)), 0
			for j, yes := range lookahead(&sum) {
				if !yes {
					run = 0
					continue
				}
				through[j]++
				run++
				longest = max(longest, run)
			}
		}
	}
	t.Logf("%d multiplications; carries through limbs %v, through %d at once", ran, through, longest)
	require.Greater(t, ran, 5000)
	// The lowest limb has given all it carries before, and the highest is carried into by no sum below R that has it all ones.
	for j := 2; j < numberLimbs-1; j++ {
		require.Greater(t, through[j], 10, "limb %d", j)
	}
	require.Equal(t, numberLimbs-3, longest)
}

// TestChain: what the chain adds to a multiplication, with and without each part.
func TestChain(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, n := range moduli(r) {
		m := n.big()
		for range 5 {
			double := new(big.Int).Lsh(m, 1)
			var random [3]*big.Int // below 2n
			for i := range random {
				var x number
				for j := range x {
					x[j] = r.Uint64() & limbMask
				}
				random[i] = x.big()
				random[i].Mod(random[i], double)
			}
			first, second, third := numberOf(random[0]), numberOf(random[1]), numberOf(random[2])
			for _, last := range []*number{nil, &third} {
				for _, squarings := range []int{0, 1, 2, 16} {
					want := bigAMM(first.big(), second.big(), m)
					for range squarings {
						want = bigAMM(want, want, m)
					}
					if last != nil {
						want = bigAMM(want, last.big(), m)
					}
					require.Negative(t, want.Cmp(double))
					for i, f := range chains() {
						var got number
						f(&got, &first, &second, last, &n, inverse(&n), squarings)
						require.Equal(t, numberOf(want), got, "routine %d", i)
					}
				}
			}
		}
	}
}

func TestNumber(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	limit := new(big.Int).Lsh(big.NewInt(1), 8*Size)
	for i := range 2000 {
		var b, back [Size]byte
		for j := range b {
			b[j] = [...]byte{0, 0xff, byte(r.Uint32())}[(i+r.IntN(2))%3]
		}
		v := new(big.Int).SetBytes(b[:])
		var x number
		x.setBytes(&b)
		require.Zero(t, v.Cmp(x.big()))
		require.Equal(t, numberOf(v), x)
		x.bytes(&back)
		require.Equal(t, b, back)

		// A number beside it in one place, and itself.
		y := x
		y[r.IntN(numberLimbs)] ^= 1 << r.IntN(limbBits)
		require.Equal(t, x.big().Cmp(y.big()) < 0, x.below(&y))
		require.False(t, x.below(&x))
		low, high := x, y
		if y.below(&x) {
			low, high = y, x
		}
		want := new(big.Int).Sub(high.big(), low.big())
		high.subtract(&low)
		require.Equal(t, numberOf(want), high)
		if want.Cmp(limit) < 0 {
			high.bytes(&back)
			require.Zero(t, want.Cmp(new(big.Int).SetBytes(back[:])))
		}
	}
}
