package rsavec

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestProductAddsToItsColumns(t *testing.T) {
	eachRoutine(t, func(t *testing.T, f routines) {
		r := rand.New(rand.NewPCG(1, 2))
		operands := laneOperands(r, laneModuli(r)[0])
		a, b, columns := aligned[octet](), aligned[octet](), aligned[wide]()
		for i := range operands {
			for j := 0; j < len(operands); j += Lanes {
				var left, right, before [Lanes]*big.Int
				noise(columns[:], r, 4+uint(i)%40)
				for lane := range Lanes {
					left[lane], right[lane] = operands[i], operands[(j+lane)%len(operands)]
					before[lane] = laneColumns(columns[:], lane)
				}
				setLanes(a[:], left[:], r)
				setLanes(b[:], right[:], r)
				f.product(columns, a, b)
				for i := range Lanes {
					want := new(big.Int).Mul(left[i], right[i])
					require.Zero(t, want.Add(want, before[i]).Cmp(laneColumns(columns[:], i)), "%x * %x", left[i], right[i])
				}
			}
		}
	})
}

func TestSquareColumns(t *testing.T) {
	eachRoutine(t, func(t *testing.T, f routines) {
		r := rand.New(rand.NewPCG(7, 2))
		operands := laneOperands(r, laneModuli(r)[0])
		a, columns := aligned[octet](), aligned[wide]()
		for i := range operands {
			var values [Lanes]*big.Int
			for lane := range Lanes {
				values[lane] = operands[(i+lane)%len(operands)]
			}
			setLanes(a[:], values[:], r)
			noise(columns[:], r, 0)
			f.squareColumns(columns, a)
			for i, x := range values {
				require.Zero(t, new(big.Int).Mul(x, x).Cmp(laneColumns(columns[:], i)), "%x", x)
			}
		}
	})
}

// A reduction by the lower half of a modulus makes the lower columns a multiple
// of R, and adds it to the upper ones.
func TestReduceEdges(t *testing.T) {
	eachRoutine(t, func(t *testing.T, f routines) {
		r := rand.New(rand.NewPCG(2, 2))
		columns, q, n := aligned[wide](), aligned[octet](), aligned[octet]()
		moduli := []*big.Int{big.NewInt(1), bigOffset(laneR, -1), bigOffset(bigPower2(1039), 1), bigOffset(bigPower2(52), -1), bigOffset(bigPower2(52), 1)}
		for range 4 {
			x := random(r, 1040)
			moduli = append(moduli, x.SetBit(x, 0, 1))
		}
		for _, modulus := range moduli {
			spread(n[:], modulus)
			k := k0(modulus)
			for shift := uint(4); shift < 64; shift += 3 {
				noise(columns[:], r, shift)
				for i := range columns { // lanes of zeros, of ones and of nothing but the last column
					columns[i][0], columns[i][1], columns[i][2] = 0, 1<<52-1, 0
				}
				columns[limbs-1][2] = 1<<52 - 1
				before := *columns
				f.reduce(columns, q, n, &k)
				for i := range Lanes {
					whole := laneColumns(before[:], i)
					want := new(big.Int).ModInverse(modulus, laneR)
					want.Mul(want, whole).Neg(want).Mod(want, laneR)
					require.Zero(t, want.Cmp(lane(q[:], i)), "%x mod %x", whole, modulus)
					sum := whole.Add(whole, want.Mul(want, modulus))
					require.Zero(t, sum.Rsh(sum, 1040).Cmp(laneColumns(columns[limbs:], i)), "%x mod %x", whole, modulus)
				}
			}
		}
	})
}

func TestCarryMakesLimbs(t *testing.T) {
	eachRoutine(t, func(t *testing.T, f routines) {
		r := rand.New(rand.NewPCG(3, 2))
		columns, limbs := aligned[wide](), aligned[wide]()
		for shift := range uint(60) {
			noise(columns[:], r, shift)
			for i := range columns { // a carry that runs through from end to end
				columns[i][1] = 1<<52 - 1
			}
			columns[0][1] = 1 << 52
			up := uint64(shift & 1)
			if shift == 0 {
				up = 0 // the highest bits would be lost
			}
			f.carry(limbs[:], columns[:], up)
			for lane := range Lanes {
				want := laneColumns(columns[:], lane)
				want.Lsh(want, uint(up)).Mod(want, bigPower2(2080))
				require.Zero(t, want.Cmp(laneColumns(limbs[:], lane)))
				for i := range limbs {
					require.Less(t, limbs[i][lane], uint64(1<<52))
				}
			}
		}
	})
}

func TestChooseKnowsNoDigitBeyondItsTable(t *testing.T) {
	eachRoutine(t, func(t *testing.T, f routines) {
		table, x := aligned[window](), aligned[octet]()
		for i := range table {
			noise(table[i][:], rand.New(rand.NewPCG(4, 2)), 0)
		}
		for _, digit := range []uint64{16, 17, 32, 1 << 32, 1 << 63, 1<<64 - 1} {
			*x = table[3]
			f.choose(x, table, digit)
			require.Equal(t, &octet{}, x, "digit %d", digit)
		}
	})
}

func TestCanonical(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 2))
	for _, n := range laneModuli(r) {
		var x, y, spare octet
		spread(y[:], n)
		values := []*big.Int{new(big.Int), big.NewInt(1), bigOffset(n, -1), n, bigOffset(n, 1), bigOffset(bigTimes(n, 2), -1), bigTimes(n, 2), random(r, 1024)}
		setLanes(x[:], values, r)
		canonical(x[:], y[:], spare[:])
		for i, value := range values {
			want := new(big.Int).Set(value)
			if want.Cmp(n) >= 0 {
				want.Sub(want, n)
			}
			require.Zero(t, want.Cmp(laneColumns(x[:], i)), "%x less %x", value, n)
		}
	}
}

func TestBytesAndLimbs(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 2))
	for round := range 300 {
		var in, out [Lanes][Size]byte
		for i := range in {
			value := random(r, 2048)
			if round < 256 {
				value = bigPower2(uint(8*round + i))
			}
			value.FillBytes(in[i][:])
		}
		var x wide
		read(&x, &in)
		for i := range in {
			require.Zero(t, new(big.Int).SetBytes(in[i][:]).Cmp(laneColumns(x[:], i)))
		}
		mask := row{1<<64 - 1, 1<<64 - 1, 0, 1<<64 - 1, 0, 1<<64 - 1, 1<<64 - 1, 1<<64 - 1}
		write(&out, &x, &mask)
		in[2], in[4] = [Size]byte{}, [Size]byte{}
		require.Equal(t, in, out)
	}
}
