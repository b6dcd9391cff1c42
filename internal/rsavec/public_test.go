package rsavec

import (
	"crypto/rand"
	"crypto/rsa"
	"math/big"
	mathrand "math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// publicKey is key a, b or c of the test keys.
func publicKey(t testing.TB, name string) *rsa.PublicKey {
	t.Helper()
	return &privateKey(t, name).PublicKey
}

var bigE = big.NewInt(65537)

// checkPower compares Power, by the assembly and by the twin, with math/big.
func checkPower(t *testing.T, key *Public, n *big.Int, sig *[Size]byte) {
	t.Helper()
	s := new(big.Int).SetBytes(sig[:])
	below := s.Cmp(n) < 0
	var want [Size]byte
	if below {
		new(big.Int).Exp(s, bigE, n).FillBytes(want[:])
	}
	given := *sig
	got := [Size]byte{1, Size - 1: 1}
	require.Equal(t, below, key.Power(&got, sig), "%x mod %x", s, n)
	require.Equal(t, want, got, "%x mod %x", s, n)
	require.Equal(t, given, *sig)

	if below && Supported() && sig[Size-1]%4 == 1 { // elsewhere that was the twin, which takes long
		var x, y number
		x.setBytes(sig)
		chainPortable(&y, &x, &key.rr, &x, &key.n, key.k0, powerSquarings)
		y.reduce(&key.n)
		y.bytes(&got)
		require.Equal(t, want, got, "twin: %x mod %x", s, n)
	}
}

// edgeModuli are of 2048 bits, odd, and products of anything.
func edgeModuli(t testing.TB) []*big.Int {
	one := big.NewInt(1)
	power := func(bits uint) *big.Int { return new(big.Int).Lsh(one, bits) }
	list := []*big.Int{
		new(big.Int).Sub(power(2048), one),
		new(big.Int).Add(power(2047), one),
		new(big.Int).Add(power(2047), new(big.Int).Sub(power(1040), one)),
		new(big.Int).Sub(power(2048), new(big.Int).Add(power(52), one)),
		new(big.Int).Sub(power(2048), new(big.Int).Add(power(2028), one)),
		publicKey(t, "a").N, publicKey(t, "b").N,
	}
	r := mathrand.New(mathrand.NewPCG(5, 5))
	for range 8 {
		b := make([]byte, Size)
		for i := range b {
			b[i] = [...]byte{0, 0xff, byte(r.Uint32())}[r.IntN(3)]
		}
		b[0], b[Size-1] = b[0]|0x80, b[Size-1]|1
		list = append(list, new(big.Int).SetBytes(b))
	}
	return list
}

func TestPowerEdges(t *testing.T) {
	t.Logf("assembly: %t", Supported())
	one := big.NewInt(1)
	limit := new(big.Int).Lsh(one, 8*Size)
	for _, n := range edgeModuli(t) {
		key, err := NewPublic(&rsa.PublicKey{N: n, E: 65537})
		require.NoError(t, err)
		bases := []*big.Int{
			new(big.Int), one, big.NewInt(65537), n, new(big.Int).Rsh(n, 1), limit,
			new(big.Int).Mod(bigR, n), new(big.Int).Mod(new(big.Int).Mul(bigR, bigR), n), new(big.Int).ModInverse(bigR, n),
		}
		step := uint(1)
		if !Supported() {
			step = 6 // the twin takes its time
		}
		for limb := uint(0); limb < numberLimbs; limb += step {
			bases = append(bases, new(big.Int).Lsh(one, limb*limbBits))
		}
		for _, base := range bases {
			for _, by := range []int64{-2, -1, 0, 1, 2} {
				s := new(big.Int).Add(base, big.NewInt(by))
				if s.Sign() < 0 || s.Cmp(limit) >= 0 {
					continue
				}
				var sig [Size]byte
				s.FillBytes(sig[:])
				checkPower(t, key, n, &sig)
				if s.Cmp(n) < 0 { // and n-s
					new(big.Int).Sub(n, s).FillBytes(sig[:])
					checkPower(t, key, n, &sig)
				}
			}
		}
	}
}

// TestPowerReduced: numbers whose power, as the chain gives it, is not below n
// and has to be reduced once. That is rare, about one in 2^31, unless n is made
// for it; so the last step is given such numbers itself.
func TestPowerReduced(t *testing.T) {
	for _, n := range edgeModuli(t) {
		m := new(big.Int).Set(n)
		x := numberOf(m)
		limbs := numberOf(n)
		x.reduce(&limbs)
		require.Equal(t, number{}, x)
		for _, v := range []*big.Int{new(big.Int), big.NewInt(1), new(big.Int).Sub(n, big.NewInt(1)), new(big.Int).Rsh(n, 1)} {
			x = numberOf(v)
			x.reduce(&limbs)
			require.Equal(t, numberOf(v), x)
			x = numberOf(new(big.Int).Add(v, n))
			x.reduce(&limbs)
			require.Equal(t, numberOf(v), x)
		}
	}
}

func TestPowerRandom(t *testing.T) {
	for _, name := range []string{"a", "b", "c"} {
		pub := publicKey(t, name)
		key, err := NewPublic(pub)
		require.NoError(t, err)
		for range 200 {
			var sig [Size]byte
			_, err := rand.Read(sig[:])
			require.NoError(t, err)
			checkPower(t, key, pub.N, &sig) // of which many are not below n
			sig[0] = 0
			checkPower(t, key, pub.N, &sig)
		}
	}
}

// TestPowerInPlace: the result may overwrite the signature.
func TestPowerInPlace(t *testing.T) {
	key, err := NewPublic(publicKey(t, "a"))
	require.NoError(t, err)
	in := [Size]byte{Size - 1: 2}
	var want [Size]byte
	require.True(t, key.Power(&want, &in))
	require.True(t, key.Power(&in, &in))
	require.Equal(t, want, in)
}

func TestNewPublicRefuses(t *testing.T) {
	good := publicKey(t, "a").N
	shift := func(by uint) *big.Int { return new(big.Int).Add(new(big.Int).Lsh(good, by), big.NewInt(1)) }
	for _, c := range []struct {
		name string
		pub  *rsa.PublicKey
	}{
		{"nil", nil},
		{"no modulus", &rsa.PublicKey{E: 65537}},
		{"zero", &rsa.PublicKey{N: new(big.Int), E: 65537}},
		{"negative", &rsa.PublicKey{N: new(big.Int).Neg(good), E: 65537}},
		{"even", &rsa.PublicKey{N: new(big.Int).Sub(good, big.NewInt(1)), E: 65537}},
		{"2047 bits", &rsa.PublicKey{N: new(big.Int).SetBit(new(big.Int).Rsh(good, 1), 0, 1), E: 65537}},
		{"2049 bits", &rsa.PublicKey{N: shift(1), E: 65537}},
		{"3072 bits", &rsa.PublicKey{N: shift(1024), E: 65537}},
		{"e = 3", &rsa.PublicKey{N: good, E: 3}},
		{"e = 0", &rsa.PublicKey{N: good}},
		{"e = -65537", &rsa.PublicKey{N: good, E: -65537}},
		{"e = 65539", &rsa.PublicKey{N: good, E: 65539}},
	} {
		t.Run(c.name, func(t *testing.T) {
			key, err := NewPublic(c.pub)
			require.Error(t, err)
			require.Nil(t, key)
		})
	}
}

// TestNewPublicCopies: a key that is changed afterwards changes nothing.
func TestNewPublicCopies(t *testing.T) {
	pub := publicKey(t, "a")
	key, err := NewPublic(pub)
	require.NoError(t, err)
	before := *key
	pub.N.SetInt64(15)
	require.Equal(t, before, *key)
}

func FuzzPower(f *testing.F) {
	for _, n := range edgeModuli(f) {
		f.Add(n.Bytes(), []byte{2})
		f.Add(n.Bytes(), new(big.Int).Sub(n, big.NewInt(1)).Bytes())
		f.Add(n.Bytes(), n.Bytes())
		f.Add(n.Bytes(), new(big.Int).Mod(bigR, n).Bytes())
	}
	f.Fuzz(func(t *testing.T, modulus, signature []byte) {
		var n, sig [Size]byte
		copy(n[Size-min(Size, len(modulus)):], modulus)
		copy(sig[Size-min(Size, len(signature)):], signature)
		n[0], n[Size-1] = n[0]|0x80, n[Size-1]|1
		m := new(big.Int).SetBytes(n[:])
		key, err := NewPublic(&rsa.PublicKey{N: m, E: 65537})
		require.NoError(t, err)
		checkPower(t, key, m, &sig)
	})
}
