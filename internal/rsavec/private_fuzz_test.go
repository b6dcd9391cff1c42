package rsavec

import (
	"math/big"
	"testing"
)

// number1040 reads a number below R from the front of data, and gives the rest.
func number1040(data []byte) (*big.Int, []byte) {
	n := min(len(data), 130)
	return new(big.Int).SetBytes(data[:n]), data[n:]
}

func fuzzSeeds(f *testing.F) {
	ones := make([]byte, 3*130)
	for i := range ones {
		ones[i] = 0xff
	}
	f.Add([]byte{})
	f.Add(ones)
	f.Add(ones[:130])
	f.Add(ones[:2*130])
	f.Add(append(make([]byte, 130), ones[:2*130]...))
	f.Add(append(ones[:130:130], 1))
	f.Add(append(make([]byte, 129), append([]byte{1}, ones[:130]...)...))
}

// operands are a modulus of 1024 bits, then two numbers.
func operands(data []byte) (m *modulus, n, a, b *big.Int) {
	n, data = number1040(data)
	n.Mod(n, bigPower2(1024))
	n.SetBit(n.SetBit(n, 0, 1), 1023, 1)
	a, data = number1040(data)
	b, _ = number1040(data)
	m = aligned[modulus]()
	m.set(n)
	return m, n, a, b
}

// A product of any two numbers is what the definition says.
func FuzzMul(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		m, n, a, b := operands(data)
		x, y, reference := aligned[octet](), aligned[octet](), newBigMontgomery(n)
		for i := range Lanes { // some lanes have a and b, the others something beside them
			setLane(x[:], i, new(big.Int).Rsh(a, uint(i/2)))
			setLane(y[:], i, new(big.Int).Rsh(b, uint(i%2)))
		}
		for _, f := range laneRoutines() {
			z := aligned[octet]()
			f.mul(z, x, y, m)
			for i := range Lanes {
				reference.require(t, lane(z[:], i), new(big.Int).Rsh(a, uint(i/2)), new(big.Int).Rsh(b, uint(i%2)))
			}
		}
	})
}

// A square is a product of a number with itself, to the bit.
func FuzzSquare(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		m, n, a, b := operands(data)
		x, reference := aligned[octet](), newBigMontgomery(n)
		for i := range Lanes {
			setLane(x[:], i, new(big.Int).Rsh(a, uint(i)))
		}
		setLane(x[:], 5, b)
		for _, f := range laneRoutines() {
			square, product, columns := aligned[octet](), aligned[octet](), aligned[wide]()
			f.square(square, x, columns, m, 1)
			f.mul(product, x, x, m)
			if *square != *product {
				t.Fatalf("%s: the square of %x modulo %x is not the product", f.name, a, n)
			}
			for i := range Lanes {
				v := lane(x[:], i)
				reference.require(t, lane(square[:], i), v, v)
			}
		}
	})
}

// A number below the modulus comes back from Sign and the public exponent; any
// other gives nothing.
func FuzzSign(f *testing.F) {
	key := privateKey(f, "b")
	k, s := prepare(f, key), NewScratch()
	for _, x := range []*big.Int{new(big.Int), big.NewInt(1), bigOffset(key.N, -1), key.N, bigOffset(key.N, 1), key.Primes[0], key.Primes[1]} {
		f.Add(x.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var em, out [Lanes][Size]byte
		for i := range em {
			x := new(big.Int).SetBytes(data[:min(len(data), Size)])
			x.Rsh(x, uint(i*i))
			x.FillBytes(em[i][:])
		}
		good := k.Sign(s, &out, &em)
		if *s != (Scratch{}) {
			t.Fatal("something is left in the scratch")
		}
		for i := range em {
			x, y := new(big.Int).SetBytes(em[i][:]), new(big.Int).SetBytes(out[i][:])
			if below := x.Cmp(key.N) < 0; below != (good>>i&1 == 1) {
				t.Fatalf("lane %d: below the modulus %t, good %08b", i, below, good)
			}
			if good>>i&1 == 0 && y.Sign() != 0 || good>>i&1 == 1 && (y.Cmp(key.N) >= 0 || y.Exp(y, big.NewInt(65537), key.N).Cmp(x) != 0) {
				t.Fatalf("lane %d: wrong number", i)
			}
		}
	})
}
