package rsavec

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"math/big"
	"reflect"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func TestNewPrivateTakesOnlyWhatFits(t *testing.T) {
	base := privateKey(t, "a")
	p, q := base.Primes[0], base.Primes[1]
	odd := func(bits uint) *big.Int { // not prime, which nobody asks, and never of a common factor with the next
		x := bigOffset(bigPower2(bits), -1)
		for new(big.Int).GCD(nil, nil, bigOffset(x, -1), big.NewInt(65537*3)).Cmp(big.NewInt(1)) != 0 {
			x = bigOffset(x, -2)
		}
		return x
	}
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	change := func(f func(k *rsa.PrivateKey)) *rsa.PrivateKey {
		k := assemble(65537, p, q)
		f(k)
		return k
	}
	for name, key := range map[string]*rsa.PrivateKey{
		"none":                      nil,
		"empty":                     {},
		"1024 bits":                 short,
		"3072 bits":                 assemble(65537, odd(1536), odd(1535)),
		"4096 bits":                 assemble(65537, odd(2048), odd(2047)),
		"2047 bits":                 assemble(65537, new(big.Int).Add(bigPower2(1023), bigPower2(70)).SetBit(bigPower2(1023), 0, 1), bigOffset(bigPower2(1023), 3)),
		"2048 bits, primes of 1008": assemble(65537, odd(1008), odd(1040)),
		"three primes":              assemble(65537, odd(683), odd(682), odd(681)),
		"the same prime twice":      change(func(k *rsa.PrivateKey) { k.Primes = []*big.Int{p, p}; k.N = new(big.Int).Mul(p, p) }),
		"an even prime":             change(func(k *rsa.PrivateKey) { k.Primes = []*big.Int{bigOffset(p, 1), q} }),
		"a negative prime":          change(func(k *rsa.PrivateKey) { k.Primes = []*big.Int{new(big.Int).Neg(p), q} }),
		"no prime":                  change(func(k *rsa.PrivateKey) { k.Primes = []*big.Int{p, nil} }),
		"one prime":                 change(func(k *rsa.PrivateKey) { k.Primes = k.Primes[:1] }),
		"exponent 3":                change(func(k *rsa.PrivateKey) { k.E = 3 }),
		"exponent 65539":            change(func(k *rsa.PrivateKey) { k.E = 65539 }),
		"another modulus":           change(func(k *rsa.PrivateKey) { k.N = bigOffset(k.N, 2) }),
		"no modulus":                change(func(k *rsa.PrivateKey) { k.N = nil }),
		"no exponent":               change(func(k *rsa.PrivateKey) { k.D = nil }),
		"another exponent":          change(func(k *rsa.PrivateKey) { k.D = bigOffset(k.D, 2) }),
		"exponent 0":                change(func(k *rsa.PrivateKey) { k.D = new(big.Int) }),
		"a negative exponent": change(func(k *rsa.PrivateKey) {
			k.D.Sub(k.D, new(big.Int).Mul(bigOffset(p, -1), bigOffset(q, -1)))
		}),
		"nothing precomputed": change(func(k *rsa.PrivateKey) { k.Precomputed = rsa.PrecomputedValues{} }),
		"no Dq":               change(func(k *rsa.PrivateKey) { k.Precomputed.Dq = nil }),
		"no Qinv":             change(func(k *rsa.PrivateKey) { k.Precomputed.Qinv = nil }),
		"another Dp":          change(func(k *rsa.PrivateKey) { k.Precomputed.Dp = bigOffset(k.Precomputed.Dp, 2) }),
		"Dp not reduced":      change(func(k *rsa.PrivateKey) { k.Precomputed.Dp.Add(k.Precomputed.Dp, bigOffset(p, -1)) }),
		"Dq negative":         change(func(k *rsa.PrivateKey) { k.Precomputed.Dq.Sub(k.Precomputed.Dq, bigOffset(q, -1)) }),
		"another Dq":          change(func(k *rsa.PrivateKey) { k.Precomputed.Dq = bigOffset(k.Precomputed.Dq, 1) }),
		"another Qinv":        change(func(k *rsa.PrivateKey) { k.Precomputed.Qinv = bigOffset(k.Precomputed.Qinv, 1) }),
		"Qinv not reduced":    change(func(k *rsa.PrivateKey) { k.Precomputed.Qinv.Add(k.Precomputed.Qinv, p) }),
		"primes exchanged":    change(func(k *rsa.PrivateKey) { k.Primes = []*big.Int{q, p} }),
	} {
		k, err := NewPrivate(key)
		require.Error(t, err, name)
		require.Nil(t, k, name)
	}
	_, err = NewPrivate(change(func(*rsa.PrivateKey) {}))
	require.NoError(t, err, "unchanged")
}

func TestNewPrivateCopies(t *testing.T) {
	key := privateKey(t, "a")
	k := prepare(t, key)
	before := *k
	for _, x := range []*big.Int{key.N, key.D, key.Primes[0], key.Primes[1], key.Precomputed.Dp, key.Precomputed.Dq, key.Precomputed.Qinv} {
		for i := range x.Bits() {
			x.Bits()[i] = 0
		}
	}
	require.True(t, before == *k)
	require.True(t, before == *prepare(t, privateKey(t, "a")), "the same key gives the same bytes")
}

func TestLayout(t *testing.T) {
	require.Zero(t, uintptr(unsafe.Pointer(prepare(t, privateKey(t, "a"))))%rowBytes)
	for range 20 {
		require.Zero(t, uintptr(unsafe.Pointer(NewScratch()))%rowBytes)
		require.Zero(t, uintptr(unsafe.Pointer(aligned[octet]()))%rowBytes)
	}
	for _, of := range []reflect.Type{reflect.TypeFor[Private](), reflect.TypeFor[Scratch]()} {
		requireRows(t, of, 0, of.Name())
	}
}

// requireRows fails for a pointer in a type, and for rows that would not lie on
// 64 bytes when the whole does.
func requireRows(t *testing.T, of reflect.Type, at uintptr, name string) {
	t.Helper()
	if of == reflect.TypeFor[row]() {
		require.Zero(t, at%rowBytes, name)
		return
	}
	switch of.Kind() {
	case reflect.Struct:
		for i := range of.NumField() {
			f := of.Field(i)
			requireRows(t, f.Type, at+f.Offset, name+"."+f.Name)
		}
	case reflect.Array:
		requireRows(t, of.Elem(), at, name+"[0]")
		require.True(t, of.Elem().Kind() == reflect.Uint64 || of.Elem().Size()%rowBytes == 0, name)
	default:
		require.Equal(t, reflect.Uint64, of.Kind(), name)
	}
}

// An address that is not a multiple of 64 costs time and nothing else.
func TestSignWithoutAlignment(t *testing.T) {
	key := privateKey(t, "a")
	type shifted struct {
		_ uint64
		k Private
		s Scratch
	}
	x := aligned[shifted]()
	x.k = *prepare(t, key)
	em := fill(big.NewInt(77))
	require.EqualValues(t, 0xff, x.k.Sign(&x.s, &em, &em))
	require.Equal(t, fill(new(big.Int).Exp(big.NewInt(77), key.D, key.N)), em)
}

func TestPrivateIsNotPrinted(t *testing.T) {
	k := prepare(t, privateKey(t, "a"))
	for _, verb := range []string{"%v", "%+v", "%#v", "%d", "%x", "%s", "%q"} {
		require.Equal(t, "rsavec.Private", fmt.Sprintf(verb, k))
	}
}
