package rsavec

import (
	"math/big"
	"math/rand/v2"
)

// routines are one implementation of the arithmetic.
type routines struct {
	name          string
	mul           func(dst, a, b *octet, m *modulus)
	square        func(dst, a *octet, t *wide, m *modulus, times int)
	choose        func(dst *octet, table *window, digit uint64)
	squareColumns func(t *wide, a *octet)
	product       func(t *wide, a, b *octet)
	reduce        func(t *wide, q, n *octet, k0 *row)
	carry         func(dst, t []row, shift uint64)
}

var twin = routines{"twin", mulPortable, squarePortable, choosePortable, squareColumnsPortable, productPortable, reducePortable, carryPortable}

func bigPower2(bits uint) *big.Int { return new(big.Int).Lsh(big.NewInt(1), bits) }

func bigOffset(x *big.Int, d int64) *big.Int { return new(big.Int).Add(x, big.NewInt(d)) }

func bigTimes(x *big.Int, n int64) *big.Int { return new(big.Int).Mul(x, big.NewInt(n)) }

// laneR is R of a number of 20 limbs.
var laneR = bigPower2(1040)

// setLane writes x into the limbs of one lane.
func setLane(t []row, lane int, x *big.Int) {
	rest, mask := new(big.Int).Set(x), bigOffset(bigPower2(52), -1)
	for i := range t {
		t[i][lane] = new(big.Int).And(rest, mask).Uint64()
		rest.Rsh(rest, 52)
	}
	if rest.Sign() != 0 {
		panic("the operand is longer than its limbs")
	}
}

// setLanes writes one number into each lane, and noise into the bits of the
// limbs that mean nothing.
func setLanes(t []row, x []*big.Int, r *rand.Rand) {
	for lane := range Lanes {
		setLane(t, lane, x[lane])
		for i := range t {
			t[i][lane] |= r.Uint64() << 52
		}
	}
}

// lane gives the number in one lane, by the meaningful bits of its limbs.
func lane(t []row, i int) *big.Int {
	x := new(big.Int)
	for j := len(t) - 1; j >= 0; j-- {
		x.Lsh(x, 52).Add(x, new(big.Int).SetUint64(t[j][i]&(1<<52-1)))
	}
	return x
}

// laneColumns gives the number in one lane, all bits of its columns counted.
func laneColumns(t []row, i int) *big.Int {
	x := new(big.Int)
	for j := len(t) - 1; j >= 0; j-- {
		x.Lsh(x, 52).Add(x, new(big.Int).SetUint64(t[j][i]))
	}
	return x
}

// random gives a number below 2^bits whose limbs are random, zero or all ones.
func random(r *rand.Rand, bits uint) *big.Int {
	x := new(big.Int)
	for at := uint(0); at < bits; at += 52 {
		limb := r.Uint64() >> 12
		switch r.IntN(4) {
		case 0:
			limb = 0
		case 1:
			limb = 1<<52 - 1
		}
		x.Lsh(x, 52).Or(x, new(big.Int).SetUint64(limb))
	}
	return x.And(x, bigOffset(bigPower2(bits), -1))
}

// laneModuli are odd numbers of 1024 bits: those with the longest carries, the
// largest and smallest, and those whose inverses modulo 2^52 and 2^104 are 1
// and -1.
func laneModuli(r *rand.Rand) []*big.Int {
	list := []*big.Int{
		bigOffset(bigPower2(1024), -1),
		bigOffset(bigPower2(1024), -105), // a prime
		bigOffset(bigPower2(1023), 1),
		bigOffset(bigPower2(1023), -1),
		new(big.Int).Add(bigPower2(1023), bigOffset(bigPower2(104), -1)),
		new(big.Int).Add(bigPower2(1023), bigOffset(bigPower2(104), 1)),
		new(big.Int).Add(bigPower2(1023), bigOffset(bigPower2(52), -1)),
		new(big.Int).Sub(bigPower2(1024), bigOffset(bigPower2(988), 1)),
	}
	list[3].SetBit(list[3], 1023, 1)
	for range 6 {
		n := random(r, 1024)
		list = append(list, n.SetBit(n.SetBit(n, 0, 1), 1023, 1))
	}
	return list
}

// laneOperands are numbers below R around everything that is a boundary of the
// representation, of the modulus and of what the exponentiation lets in.
func laneOperands(r *rand.Rand, n *big.Int) []*big.Int {
	list := []*big.Int{
		new(big.Int), big.NewInt(1), big.NewInt(2), bigOffset(n, -1), n, bigOffset(n, 1),
		bigTimes(n, 2), bigOffset(bigTimes(n, 2), 1), bigTimes(n, 6),
		new(big.Int).Mod(laneR, n), bigOffset(laneR, -1), bigOffset(laneR, -2), new(big.Int).Sub(laneR, bigTimes(n, 2)),
		bigPower2(1039), bigOffset(bigPower2(1024), -1), bigPower2(1024), bigPower2(988), bigOffset(bigPower2(988), -1),
		bigPower2(52), bigOffset(bigPower2(52), -1), bigPower2(51), bigPower2(104), bigOffset(bigPower2(104), -1),
		bigOffset(bigPower2(520), -1), bigPower2(520), bigPower2(936), bigOffset(bigPower2(936), -1),
		new(big.Int).Sub(laneR, bigPower2(936)),
	}
	for range 8 {
		list = append(list, random(r, 1040), random(r, 1025))
	}
	return list
}
