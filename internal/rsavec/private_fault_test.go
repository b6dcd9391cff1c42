package rsavec

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

// One bit of the key in one lane, wherever it is, spoils that lane alone; one
// of an exponent spoils all. Never does a wrong number come out.
func TestSignGivesNothingAfterAFault(t *testing.T) {
	key := privateKey(t, "c")
	good := prepare(t, key)
	faults := map[string]func(k *Private) *uint64{
		"p fold":       func(k *Private) *uint64 { return &k.p.m.fold()[7][3] },
		"p":            func(k *Private) *uint64 { return &k.p.m.n()[19][3] },
		"-1/p":         func(k *Private) *uint64 { return &k.p.m.k0()[3] },
		"R mod p":      func(k *Private) *uint64 { return &k.p.r1[0][3] },
		"R^2 mod p":    func(k *Private) *uint64 { return &k.p.r2[11][3] },
		"R^3 mod p":    func(k *Private) *uint64 { return &k.p.r3[19][3] },
		"q fold":       func(k *Private) *uint64 { return &k.q.m.fold()[0][3] },
		"q":            func(k *Private) *uint64 { return &k.q.m.n()[0][3] },
		"-1/q":         func(k *Private) *uint64 { return &k.q.m.k0()[3] },
		"R mod q":      func(k *Private) *uint64 { return &k.q.r1[18][3] },
		"R^2 mod q":    func(k *Private) *uint64 { return &k.q.r2[0][3] },
		"R^3 mod q":    func(k *Private) *uint64 { return &k.q.r3[5][3] },
		"1/q":          func(k *Private) *uint64 { return &k.qinv[4][3] },
		"n":            func(k *Private) *uint64 { return &k.n[39][3] },
		"square mod n": func(k *Private) *uint64 { return &k.n2[39][3] },
		"-1/n":         func(k *Private) *uint64 { return &k.k0[3] },
	}
	em := fill(bigOffset(key.N, -5), bigPower2(2000), big.NewInt(123456789))
	var want, out [Lanes][Size]byte
	s := NewScratch()
	require.EqualValues(t, 0xff, good.Sign(s, &want, &em))
	for name, word := range faults {
		k := aligned[Private]()
		*k = *good
		*word(k) ^= 1 << 9
		out = want
		require.EqualValues(t, 0b11110111, k.Sign(s, &out, &em), name)
		expected := want
		expected[3] = [Size]byte{}
		require.Equal(t, expected, out, name)
	}
	for name, word := range map[string]func(k *Private) *uint64{
		"first digit of d mod p-1": func(k *Private) *uint64 { return &k.p.digits[0] },
		"last digit of d mod p-1":  func(k *Private) *uint64 { return &k.p.digits[digits-1] },
		"a digit of d mod q-1":     func(k *Private) *uint64 { return &k.q.digits[100] },
	} {
		k := aligned[Private]()
		*k = *good
		*word(k) ^= 1
		out = want
		require.Zero(t, k.Sign(s, &out, &em), name)
		require.Equal(t, [Lanes][Size]byte{}, out, name)
	}
}

// The same between the steps: a result of the one prime, the joined number.
func TestCheckSeesAFaultInEachResult(t *testing.T) {
	key := privateKey(t, "c")
	k := prepare(t, key)
	em := fill(big.NewInt(987654321))
	for name, word := range map[string]func(s *Scratch) *uint64{
		"none":                        func(s *Scratch) *uint64 { return &s.x[0][0] },
		"modulo p":                    func(s *Scratch) *uint64 { return &s.mp[3][0] },
		"modulo p, two in one number": func(s *Scratch) *uint64 { return &s.mp[19][0] },
		"modulo q":                    func(s *Scratch) *uint64 { return &s.mq[0][0] },
	} {
		s := NewScratch()
		read(&s.c, &em)
		k.p.power(&s.mp, s)
		k.q.power(&s.mq, s)
		*word(s) ^= 1 << 17
		k.join(s)
		k.raise(s)
		ok := k.compare(s)
		require.Equal(t, name == "none", ok[0] == 1<<64-1, name)
		require.Equal(t, name != "none", ok[0] == 0, name)
		require.Equal(t, uint64(1<<64-1), ok[1], name)

		k.join(s)
		s.s[20][5] ^= 1
		read(&s.c, &em)
		k.raise(s)
		ok = k.compare(s)
		require.Zero(t, ok[5], "joined")
	}
}

// An attacker who gets one wrong signature has the factors: the reason for it
// all, as a test that the faults above are of this kind.
func TestAFaultyHalfTellsTheFactors(t *testing.T) {
	key := privateKey(t, "c")
	k := prepare(t, key)
	em := fill(big.NewInt(987654321))
	s := NewScratch()
	read(&s.c, &em)
	k.p.power(&s.mp, s)
	k.q.power(&s.mq, s)
	s.mp[3][0] ^= 1 << 17
	k.join(s)
	wrong := lane(s.s[:], 0)
	wrong.Exp(wrong, big.NewInt(65537), key.N).Sub(wrong, big.NewInt(987654321))
	require.Zero(t, new(big.Int).GCD(nil, nil, wrong.Mod(wrong, key.N), key.N).Cmp(key.Primes[1]))
}

func TestSignWipesItsScratch(t *testing.T) {
	k := prepare(t, privateKey(t, "a"))
	em := fill(big.NewInt(31))
	s := NewScratch()
	for range 2 {
		var out [Lanes][Size]byte
		require.EqualValues(t, 0xff, k.Sign(s, &out, &em))
		require.True(t, *s == Scratch{}, "something of the calculation is left")
	}
	k.n[0][0] ^= 2
	var out [Lanes][Size]byte
	require.EqualValues(t, 0xfe, k.Sign(s, &out, &em))
	require.True(t, *s == Scratch{}, "something is left of a calculation that failed")
}

func TestWipedKeySignsNothing(t *testing.T) {
	k := prepare(t, privateKey(t, "a"))
	k.Wipe()
	require.True(t, *k == Private{})
	em := fill(big.NewInt(31))
	out := em
	require.Zero(t, k.Sign(NewScratch(), &out, &em))
	require.Equal(t, [Lanes][Size]byte{}, out)
}
