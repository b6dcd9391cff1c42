package rsavec

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// bigMontgomery is what mul computes, by its definition: nine folds by 104
// bits and one step of Montgomery's for the last 104.
type bigMontgomery struct{ n, c, fold, mask *big.Int }

func newBigMontgomery(n *big.Int) *bigMontgomery {
	r := bigPower2(104)
	c := new(big.Int).ModInverse(n, r)
	c.Sub(r, c)
	fold := bigOffset(new(big.Int).Mul(n, c), 1)
	return &bigMontgomery{n, c, fold.Rsh(fold, 104), bigOffset(r, -1)}
}

func (b *bigMontgomery) mul(x, y *big.Int) *big.Int {
	t := new(big.Int).Mul(x, y)
	for range 9 {
		m := new(big.Int).And(t, b.mask)
		t.Rsh(t, 104).Add(t, m.Mul(m, b.fold))
	}
	m := new(big.Int).Mul(t, b.c)
	m.And(m, b.mask)
	return t.Add(t, m.Mul(m, b.n)).Rsh(t, 104)
}

// require checks x = a*b/R modulo n, the bound that is promised, and the very
// number. It is silent about a and b whose result may be R or more.
func (b *bigMontgomery) require(t *testing.T, x, left, right *big.Int) {
	t.Helper()
	plain := new(big.Int).Mul(left, right)
	bound := new(big.Int).Mul(laneR, bigTimes(b.n, 2))
	bound.Add(bound, plain) // R*(a*b/R + 2n)
	if bound.BitLen() > 2080 {
		return
	}
	shifted := new(big.Int).Lsh(x, 1040)
	six := bigTimes(b.n, 6)
	switch difference := new(big.Int).Sub(shifted, plain); {
	case b.mul(left, right).Cmp(x) != 0, difference.Mod(difference, b.n).Sign() != 0:
		t.Fatalf("%x * %x mod %x gives %x", left, right, b.n, x)
	case shifted.Cmp(bound) >= 0, left.Cmp(six) <= 0 && right.Cmp(six) <= 0 && x.Cmp(bigTimes(b.n, 3)) >= 0,
		plain.BitLen() <= 1040 && x.Cmp(bigTimes(b.n, 2)) >= 0:
		t.Fatalf("%x * %x mod %x gives %x, which is too large", left, right, b.n, x)
	}
}

func eachRoutine(t *testing.T, test func(t *testing.T, f routines)) {
	t.Logf("assembly: %t", Supported())
	for _, f := range laneRoutines() {
		t.Run(f.name, func(t *testing.T) { test(t, f) })
	}
}

func TestMulEdges(t *testing.T) {
	eachRoutine(t, func(t *testing.T, f routines) {
		r := rand.New(rand.NewPCG(1, 1))
		a, b, x, m := aligned[octet](), aligned[octet](), aligned[octet](), aligned[modulus]()
		for k, n := range laneModuli(r) {
			m.set(n)
			reference := newBigMontgomery(n)
			operands := laneOperands(r, n)
			for i := k % 3; i < len(operands); i += 3 { // a third with each modulus
				for j := 0; j < len(operands); j += Lanes {
					left, right := make([]*big.Int, Lanes), make([]*big.Int, Lanes)
					for lane := range Lanes {
						left[lane], right[lane] = operands[(i+lane/4)%len(operands)], operands[(j+lane)%len(operands)]
					}
					setLanes(a[:], left, r)
					setLanes(b[:], right, r)
					f.mul(x, a, b, m)
					for i := range Lanes {
						reference.require(t, lane(x[:], i), left[i], right[i])
					}
				}
			}
		}
	})
}

func TestSquareEdges(t *testing.T) {
	eachRoutine(t, func(t *testing.T, f routines) {
		r := rand.New(rand.NewPCG(2, 1))
		a, x, columns, m := aligned[octet](), aligned[octet](), aligned[wide](), aligned[modulus]()
		for _, n := range laneModuli(r) {
			m.set(n)
			reference := newBigMontgomery(n)
			operands := laneOperands(r, n)
			for i := range operands {
				values := make([]*big.Int, Lanes)
				for lane := range Lanes {
					values[lane] = operands[(i+lane)%len(operands)]
				}
				setLanes(a[:], values, r)
				f.square(x, a, columns, m, 1)
				for i := range Lanes {
					reference.require(t, lane(x[:], i), values[i], values[i])
				}
				three := aligned[octet]()
				f.square(three, a, columns, m, 3)
				f.square(x, x, columns, m, 2)
				require.Equal(t, x, three, "three at once, and one and two")
			}
		}
	})
}

// The result may lie on an operand, whichever.
func TestMulInPlace(t *testing.T) {
	eachRoutine(t, func(t *testing.T, f routines) {
		r := rand.New(rand.NewPCG(3, 1))
		m := aligned[modulus]()
		m.set(laneModuli(r)[9])
		a, b, want, got, columns := aligned[octet](), aligned[octet](), aligned[octet](), aligned[octet](), aligned[wide]()
		noise(a[:], r, 0)
		noise(b[:], r, 0)
		f.mul(want, a, b, m)
		*got = *a
		f.mul(got, got, b, m)
		require.Equal(t, want, got, "on the first")
		*got = *b
		f.mul(got, a, got, m)
		require.Equal(t, want, got, "on the second")
		*got = *a
		f.mul(got, got, got, m)
		f.mul(want, a, a, m)
		require.Equal(t, want, got, "on both")
		f.square(want, a, columns, m, 2)
		*got = *a
		f.square(got, got, columns, m, 2)
		require.Equal(t, want, got, "square")
	})
}

// noise fills rows with random words, shifted down by some bits.
func noise(t []row, r *rand.Rand, shift uint) {
	for i := range t {
		for lane := range t[i] {
			t[i][lane] = r.Uint64() >> shift
		}
	}
}

// Bit for bit the two are one, meaningless bits and impossible operands
// included, such as the largest of everything.
func TestAssemblyIsItsTwin(t *testing.T) {
	list := laneRoutines()
	t.Logf("assembly: %t", Supported())
	f := list[len(list)-1]
	r := rand.New(rand.NewPCG(4, 1))
	a, b, m, table := aligned[octet](), aligned[octet](), aligned[modulus](), aligned[window]()
	x, y, t1, t2 := aligned[octet](), aligned[octet](), aligned[wide](), aligned[wide]()
	for round := range 60 {
		noise(a[:], r, 0)
		noise(b[:], r, 0)
		noise(m[:], r, 0)
		noise(t1[:], r, 5)
		if round == 0 {
			for _, rows := range [][]row{a[:], b[:], m[:]} {
				for i := range rows {
					for lane := range rows[i] {
						rows[i][lane] = 1<<64 - 1
					}
				}
			}
		}
		*t2 = *t1
		f.product(t1, a, b)
		twin.product(t2, a, b)
		require.Equal(t, t2, t1, "product")
		for i := range t1 {
			for lane := range t1[i] {
				t1[i][lane] >>= 3
			}
		}
		*t2 = *t1
		f.reduce(t1, x, m.n(), m.k0())
		twin.reduce(t2, y, m.n(), m.k0())
		require.Equal(t, t2[limbs:], t1[limbs:], "reduce")
		for i := range Lanes {
			require.Equal(t, lane(y[:], i), lane(x[:], i), "quotients")
		}
		noise(t1[:], r, 0)
		*t2 = *t1
		f.carry(t1[:], t1[:], uint64(round)%12)
		twin.carry(t2[:], t2[:], uint64(round)%12)
		require.Equal(t, t2, t1, "carry")

		f.mul(x, a, b, m)
		twin.mul(y, a, b, m)
		require.Equal(t, y, x, "mul")
		f.squareColumns(t1, a)
		twin.squareColumns(t2, a)
		require.Equal(t, t2, t1, "squareColumns")
		f.square(x, a, t1, m, 1+round%4)
		twin.square(y, a, t2, m, 1+round%4)
		require.Equal(t, y, x, "square")

		for i := range table {
			noise(table[i][:], r, 0)
		}
		for digit := range uint64(len(table)) {
			f.choose(x, table, digit)
			require.Equal(t, &table[digit], x, "choose %d", digit)
		}
	}
}
