//go:build integration && linux && amd64

package trace

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"

	"github.com/streamtoken/streamtoken/internal/rsavec"
)

// signCases are the traces that must be equal: keys whose primes and exponents are unlike each other, and numbers to sign that are, too.
var signCases = []struct {
	name    string
	key     string // of signKeys
	numbers func(*rsa.PrivateKey) [rsavec.Lanes][rsavec.Size]byte
}{
	{"an ordinary key, digests", "ordinary", digestsFrom(1)},
	{"the same key, other digests", "ordinary", digestsFrom(100)},
	{"the same key, extreme numbers", "ordinary", extremesOf},
	{"another ordinary key", "other", digestsFrom(1)},
	{"exponents almost all zeros, p > q", "zeros", digestsFrom(1)},
	{"exponents almost all zeros, p < q, extreme numbers", "zeros, exchanged", extremesOf},
	{"exponents almost all ones, p < q", "ones", digestsFrom(1)},
	{"exponents almost all ones, p > q, extreme numbers", "ones, exchanged", extremesOf},
	{"a lane that fails the check", "other", oneTooLarge},
}

// failingLane is the lane of oneTooLarge that cannot pass.
const failingLane = 3

func signKeys() (map[string]*rsa.PrivateKey, error) {
	bit := func(n uint) *big.Int { return new(big.Int).Lsh(big.NewInt(1), n) }
	below := func(n uint) *big.Int { return new(big.Int).Sub(bit(n), big.NewInt(1)) }
	p0, q0 := primeOf(bit(1023), 37001, 1), primeOf(bit(1010), 5, 1)
	p1, q1 := primeOf(below(1023), 37001, -1), primeOf(below(1011), 9, -1)
	keys := map[string]*rsa.PrivateKey{}
	var errs [6]error
	keys["ordinary"], errs[0] = readKey("../../testdata/keys/a.pem")
	keys["other"], errs[1] = readKey("../../testdata/keys/b.pem")
	keys["zeros"], errs[2] = keyOf(p0, q0)
	keys["zeros, exchanged"], errs[3] = keyOf(q0, p0)
	keys["ones"], errs[4] = keyOf(p1, q1)
	keys["ones, exchanged"], errs[5] = keyOf(q1, p1)
	return keys, errors.Join(errs[:]...)
}

func readKey(path string) (*rsa.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s: no PEM", path)
	}
	return x509.ParsePKCS1PrivateKey(block.Bytes)
}

const publicExponent = 65537

// primeOf is a prime p of 1024 bits whose CRT exponent, the inverse of 65537 modulo p-1, is the first number from start on, upwards
// or downwards, that allows one: e dp - 1 = k (p-1).
func primeOf(start *big.Int, k int64, direction int64) *big.Int {
	e, factor, two := big.NewInt(publicExponent), big.NewInt(k), big.NewInt(2*k)
	dp := new(big.Int).Set(start)
	// dp is odd, so that p is, and e dp is 1 modulo k; both hold again after 2k.
	for {
		product := new(big.Int).Mul(e, dp)
		if dp.Bit(0) == 1 && product.Sub(product, big.NewInt(1)).Sign() > 0 && new(big.Int).Mod(product, factor).Sign() == 0 {
			break
		}
		dp.Add(dp, big.NewInt(direction))
	}
	stride := two.Mul(two, big.NewInt(direction))
	for {
		p := new(big.Int).Mul(e, dp)
		p.Sub(p, big.NewInt(1)).Div(p, factor).Add(p, big.NewInt(1))
		if p.ProbablyPrime(20) {
			return p
		}
		dp.Add(dp, stride)
	}
}

func keyOf(p, q *big.Int) (*rsa.PrivateKey, error) {
	one := big.NewInt(1)
	p1, q1 := new(big.Int).Sub(p, one), new(big.Int).Sub(q, one)
	order := new(big.Int).Mul(p1, q1)
	order.Div(order, new(big.Int).GCD(nil, nil, p1, q1))
	key := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: publicExponent},
		D:         new(big.Int).ModInverse(big.NewInt(publicExponent), order),
		Primes:    []*big.Int{p, q},
	}
	key.Precompute()
	return key, key.Validate()
}

// digestsFrom are eight encodings of digests (EMSA-PKCS1-v1_5), below every modulus.
func digestsFrom(seed uint64) func(*rsa.PrivateKey) [rsavec.Lanes][rsavec.Size]byte {
	return func(*rsa.PrivateKey) [rsavec.Lanes][rsavec.Size]byte { return digestsOf(seed) }
}

func digestsOf(seed uint64) (em [rsavec.Lanes][rsavec.Size]byte) {
	prefix := []byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}
	for i := range em {
		digest := sha256.Sum256(binary.BigEndian.AppendUint64(nil, seed+uint64(i)))
		tail := append(prefix[:len(prefix):len(prefix)], digest[:]...)
		for j := range em[i] {
			em[i][j] = 0xff
		}
		em[i][0], em[i][1], em[i][rsavec.Size-len(tail)-1] = 0, 1, 0
		copy(em[i][rsavec.Size-len(tail):], tail)
	}
	return em
}

// extremesOf are numbers below the modulus at which a reduction or a recombination could take another way.
func extremesOf(key *rsa.PrivateKey) (em [rsavec.Lanes][rsavec.Size]byte) {
	one, p, q := big.NewInt(1), key.Primes[0], key.Primes[1]
	for i, x := range []*big.Int{
		new(big.Int), one, new(big.Int).Sub(key.N, one), p, q, new(big.Int).Sub(key.N, p),
		new(big.Int).Lsh(one, 1024), new(big.Int).Sub(new(big.Int).Lsh(one, 2040), one),
	} {
		x.FillBytes(em[i][:])
	}
	return em
}

// oneTooLarge are digests, and in one lane a number above the modulus: what is left of it after signing is not what was asked for,
// as with a fault of the processor.
func oneTooLarge(key *rsa.PrivateKey) [rsavec.Lanes][rsavec.Size]byte {
	em := digestsOf(200)
	new(big.Int).Add(key.N, big.NewInt(2)).FillBytes(em[failingLane][:])
	return em
}

// signSubject is Private.Sign, of each case.
func signSubject() (subject, error) {
	keys, err := signKeys()
	if err != nil {
		return subject{}, err
	}
	privates := make([]*rsavec.Private, len(signCases))
	numbers := make([][rsavec.Lanes][rsavec.Size]byte, len(signCases))
	for n, c := range signCases {
		if privates[n], err = rsavec.NewPrivate(keys[c.key]); err != nil {
			return subject{}, fmt.Errorf("%s: %w", c.name, err)
		}
		numbers[n] = c.numbers(keys[c.key])
	}
	k, err := rsavec.NewPrivate(keys["ordinary"])
	if err != nil {
		return subject{}, err
	}
	scratch, out, em := rsavec.NewScratch(), new([rsavec.Lanes][rsavec.Size]byte), new([rsavec.Lanes][rsavec.Size]byte)
	var good uint8
	k.Sign(scratch, out, em)
	return subject{
		prepare: func(n int) {
			*k, *em = *privates[n], numbers[n]
			*out, good = [rsavec.Lanes][rsavec.Size]byte{}, 0
		},
		run: func() {
			Begin()
			good = k.Sign(scratch, out, em)
			End()
		},
		check: func(n int) string {
			for i := range out {
				if new(big.Int).SetBytes(numbers[n][i][:]).Cmp(keys[signCases[n].key].N) >= 0 {
					if good>>i&1 != 0 || out[i] != [rsavec.Size]byte{} {
						return fmt.Sprintf("lane %d passed", i)
					}
					continue
				}
				if good>>i&1 == 0 {
					return fmt.Sprintf("lane %d did not pass", i)
				}
				power := new(big.Int).Exp(new(big.Int).SetBytes(out[i][:]), big.NewInt(publicExponent), keys[signCases[n].key].N)
				if power.Cmp(new(big.Int).SetBytes(numbers[n][i][:])) != 0 {
					return fmt.Sprintf("lane %d is wrong", i)
				}
			}
			return "ok"
		},
	}, nil
}

// publicSubject is Public.Power, which multiplies in vector registers, too.
func publicSubject() (subject, error) {
	key, err := readKey("../../testdata/keys/a.pem")
	if err != nil {
		return subject{}, err
	}
	k, err := rsavec.NewPublic(&key.PublicKey)
	if err != nil {
		return subject{}, err
	}
	number := digestsOf(1)[0]
	dst, sig := new([rsavec.Size]byte), &number
	ok := k.Power(dst, sig)
	return subject{
		prepare: func(int) {},
		run: func() {
			Begin()
			ok = k.Power(dst, sig)
			End()
		},
		check: func(int) string {
			if !ok {
				return "refused"
			}
			return "ok"
		},
	}, nil
}

// stdSubject is a signature by crypto/rsa.
func stdSubject() (subject, error) {
	key, err := readKey("../../testdata/keys/a.pem")
	if err != nil {
		return subject{}, err
	}
	digest := sha256.Sum256(nil)
	sign := func() error { _, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:]); return err }
	err = sign()
	return subject{
		prepare: func(int) {},
		run: func() {
			Begin()
			err = sign()
			End()
		},
		check: func(int) string {
			if err != nil {
				return err.Error()
			}
			return "ok"
		},
	}, err
}
