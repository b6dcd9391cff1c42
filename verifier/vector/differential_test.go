package vector

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"flag"
	"math/big"
	mathrand "math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/rsavec"
)

var signatures = flag.Int("signatures", 0, "how many signatures TestDifferential compares; 0: 20,000, or 1,000 where the portable twin makes them")

// judged is a key with signatures of it to begin from.
type judged struct {
	private *rsa.PrivateKey
	check   *check
	good    []signed // by crypto/rsa
	forged  []signed // of other encodings, and PSS
}

type signed struct {
	digest [sha256.Size]byte
	sig    []byte
}

// mutation makes a digest and a signature of what crypto/rsa or raise has signed.
type mutation struct {
	name  string
	share int // of all, in parts
	good  bool
	make  func(r *mathrand.Rand, keys []*judged, k *judged) signed
}

func pick(r *mathrand.Rand, list []signed) signed { return list[r.IntN(len(list))] }

func flip(b []byte, bit int) []byte {
	b = bytes.Clone(b)
	b[bit/8] ^= 1 << (bit % 8)
	return b
}

// arithmetic gives f of the signature and n, in 256 bytes if it has no more.
func arithmetic(f func(s, n *big.Int) *big.Int) func(r *mathrand.Rand, keys []*judged, k *judged) signed {
	return func(r *mathrand.Rand, _ []*judged, k *judged) signed {
		s := pick(r, k.good)
		v := f(new(big.Int).SetBytes(s.sig), k.private.N)
		s.sig = v.FillBytes(make([]byte, max(rsavec.Size, (v.BitLen()+7)/8)))
		return s
	}
}

var mutations = []mutation{
	{"as it is", 15, true, func(r *mathrand.Rand, _ []*judged, k *judged) signed { return pick(r, k.good) }},
	{"a bit of the signature", 25, false, func(r *mathrand.Rand, _ []*judged, k *judged) signed {
		s := pick(r, k.good)
		return signed{s.digest, flip(s.sig, r.IntN(8*rsavec.Size))}
	}},
	{"a bit of the digest", 8, false, func(r *mathrand.Rand, _ []*judged, k *judged) signed {
		s := pick(r, k.good)
		return signed{[sha256.Size]byte(flip(s.digest[:], r.IntN(256))), s.sig}
	}},
	{"some bytes of the signature", 5, false, func(r *mathrand.Rand, _ []*judged, k *judged) signed {
		s := pick(r, k.good)
		sig := bytes.Clone(s.sig)
		at := r.IntN(rsavec.Size - 8)
		for i := range 1 + r.IntN(8) {
			sig[at+i] = byte(r.Uint32())
		}
		if bytes.Equal(sig, s.sig) {
			sig[at]++
		}
		return signed{s.digest, sig}
	}},
	{"another digest", 4, false, func(r *mathrand.Rand, _ []*judged, k *judged) signed {
		s := pick(r, k.good)
		for i := range s.digest {
			s.digest[i] = byte(r.Uint32())
		}
		return s
	}},
	{"another key's", 4, false, func(r *mathrand.Rand, keys []*judged, k *judged) signed {
		for {
			if other := keys[r.IntN(len(keys))]; other != k {
				return pick(r, other.good)
			}
		}
	}},
	{"another encoding", 12, false, func(r *mathrand.Rand, _ []*judged, k *judged) signed { return pick(r, k.forged) }},
	{"s + n", 4, false, arithmetic(func(s, n *big.Int) *big.Int { return new(big.Int).Add(s, n) })},
	{"n - s", 4, false, arithmetic(func(s, n *big.Int) *big.Int { return new(big.Int).Sub(n, s) })},
	{"s + 1 or 2s", 2, false, arithmetic(func(s, n *big.Int) *big.Int {
		if s.Bit(0) == 0 {
			return new(big.Int).Add(s, big.NewInt(1))
		}
		return new(big.Int).Mod(new(big.Int).Lsh(s, 1), n)
	})},
	{"0, 1, n - 1, n, n + 1", 2, false, func(r *mathrand.Rand, _ []*judged, k *judged) signed {
		s := pick(r, k.good)
		v := new(big.Int)
		if by := r.IntN(5); by < 2 {
			v.SetInt64(int64(by))
		} else {
			v.Add(k.private.N, big.NewInt(int64(by-3)))
		}
		return signed{s.digest, v.FillBytes(make([]byte, rsavec.Size))}
	}},
	{"another length", 4, false, func(r *mathrand.Rand, _ []*judged, k *judged) signed {
		s := pick(r, k.good)
		cut := r.IntN(rsavec.Size)
		return signed{s.digest, [][]byte{
			s.sig[1:], s.sig[:255], s.sig[:cut], s.sig[cut+1:], append([]byte{0}, s.sig...), append(bytes.Clone(s.sig), 0),
			append(bytes.Clone(s.sig), s.sig...), nil, bytes.TrimLeft(append([]byte{0}, s.sig[1:]...), "\x00"),
		}[r.IntN(9)]}
	}},
	{"random", 11, false, func(r *mathrand.Rand, _ []*judged, k *judged) signed {
		s := signed{pick(r, k.good).digest, make([]byte, rsavec.Size)}
		for i := range s.sig {
			s.sig[i] = byte(r.Uint32())
		}
		return s
	}},
}

// TestDifferential compares the check with rsa.VerifyPKCS1v15 on signatures and
// mutants of them. The keys are the test keys and some made for the occasion.
// Ten million are compared with
//
//	go test ./verifier/vector -run TestDifferential -timeout 60m -args -signatures 10000000
func TestDifferential(t *testing.T) {
	n := *signatures
	if n == 0 {
		n = 1000
		if rsavec.Supported() {
			n = 20_000
		}
	}
	keys := []*judged{{private: testKey(t, "a")}, {private: testKey(t, "b")}, {private: testKey(t, "c")}}
	for range min(n/200_000, 61) {
		key, err := rsa.GenerateKey(rand.Reader, 8*rsavec.Size)
		require.NoError(t, err)
		keys = append(keys, &judged{private: key})
	}
	for _, k := range keys {
		k.check = makeCheck(t, &k.private.PublicKey)
		for range max(20, min(5000, n/200)/len(keys)) {
			digest := randomDigest(t)
			k.good = append(k.good, signed{digest, signature(t, k.private, &digest)})
		}
		digest := randomDigest(t)
		for _, e := range encodingsNear(&digest) {
			if sig := raise(k.private, e.em); sig != nil {
				k.forged = append(k.forged, signed{digest, sig})
			}
		}
		for range 4 {
			pss, err := rsa.SignPSS(rand.Reader, k.private, crypto.SHA256, digest[:], nil)
			require.NoError(t, err)
			k.forged = append(k.forged, signed{digest, pss})
		}
	}

	var kinds []int // each as often as its share says
	for i, m := range mutations {
		for range m.share {
			kinds = append(kinds, i)
		}
	}
	r := mathrand.New(mathrand.NewPCG(uint64(n), 6))
	ran, accepted := make([]int, len(mutations)), 0
	var ours, theirs time.Duration
	for range n {
		k := keys[r.IntN(len(keys))]
		i := kinds[r.IntN(len(kinds))]
		m := mutations[i]
		s := m.make(r, keys, k)
		ran[i]++
		start := time.Now()
		want := standard(&k.private.PublicKey, &s.digest, s.sig)
		middle := time.Now()
		got := k.check.Verify(&s.digest, s.sig)
		ours, theirs = ours+time.Since(middle), theirs+middle.Sub(start)
		if got != want || want != m.good {
			t.Fatalf("%s: %t, crypto/rsa %t: n %x, digest %x, signature %x", m.name, got, want, k.private.N, s.digest, s.sig)
		}
		if got {
			accepted++
		}
	}
	require.Equal(t, ran[0], accepted)
	for i, m := range mutations {
		require.Greater(t, ran[i], n*m.share/len(kinds)/3, m.name)
	}
	t.Logf("assembly: %t; %d signatures under %d keys, %d accepted; %.3f x crypto/rsa's time", rsavec.Supported(), n, len(keys), accepted, float64(ours)/float64(theirs))
	for i, m := range mutations {
		t.Logf("%9d %s", ran[i], m.name)
	}
}

// stride is 1: each bit. The portable twin, which takes long, is given some.
func stride() int {
	if rsavec.Supported() {
		return 1
	}
	return 17
}

// TestDifferentialModulus flips each bit of a modulus: the signatures of the key
// are none of the other numbers', of which some are refused as keys.
func TestDifferentialModulus(t *testing.T) {
	key := testKey(t, "a")
	digest := randomDigest(t)
	sig := signature(t, key, &digest)
	refused := 0
	for bit := 0; bit < 8*rsavec.Size; bit += stride() {
		pub := &rsa.PublicKey{N: new(big.Int).SetBytes(flip(key.N.Bytes(), bit)), E: key.E}
		require.False(t, standard(pub, &digest, sig))
		c, err := newCheck(pub)
		if err != nil {
			refused++
			continue
		}
		require.False(t, c.Verify(&digest, sig), "bit %d", bit)
	}
	require.Positive(t, refused, "even, or of 2047 bits")
}

// TestDifferentialEveryBit flips each bit of a signature and of its digest.
func TestDifferentialEveryBit(t *testing.T) {
	key := testKey(t, "b")
	c := makeCheck(t, &key.PublicKey)
	digest := randomDigest(t)
	sig := signature(t, key, &digest)
	require.True(t, c.Verify(&digest, sig))
	for bit := 0; bit < 8*rsavec.Size; bit += stride() {
		require.False(t, c.Verify(&digest, flip(sig, bit)), "bit %d", bit)
	}
	for bit := 0; bit < 8*sha256.Size; bit += stride() {
		other := [sha256.Size]byte(flip(digest[:], bit))
		require.False(t, c.Verify(&other, sig), "bit %d of the digest", bit)
	}
}

// FuzzCheck: the check answers as rsa.VerifyPKCS1v15 does; power is s^e by
// package math/big, which the answer is consistent with.
func FuzzCheck(f *testing.F) {
	a, b := testKey(f, "a"), testKey(f, "b")
	digest := sha256.Sum256([]byte("seed"))
	sig := signature(f, a, &digest)
	f.Add(digest[:], sig, uint16(0), byte(0), false)
	f.Add(digest[:], sig, uint16(255), byte(1), false)
	f.Add(digest[:], sig, uint16(0), byte(0), true)
	f.Add(digest[:], a.N.Bytes(), uint16(0), byte(0), false)
	f.Add(digest[:], sig[1:], uint16(0), byte(0), false)
	f.Add(digest[:], append([]byte{0}, sig...), uint16(0), byte(0), false)
	f.Add([]byte{}, []byte{}, uint16(0), byte(0), false)
	for _, e := range encodingsNear(&digest)[:30] {
		if sig := raise(a, e.em); sig != nil {
			f.Add(digest[:], sig, uint16(0), byte(0), false)
		}
	}
	checks := [2]*check{makeCheck(f, &a.PublicKey), makeCheck(f, &b.PublicKey)}
	publics := [2]*rsa.PublicKey{&a.PublicKey, &b.PublicKey}
	f.Fuzz(func(t *testing.T, sum, sig []byte, at uint16, change byte, second bool) {
		var digest [sha256.Size]byte
		copy(digest[:], sum)
		sig = bytes.Clone(sig)
		if len(sig) > 0 {
			sig[int(at)%len(sig)] ^= change
		}
		i := 0
		if second {
			i = 1
		}
		given := bytes.Clone(sig)
		got := checks[i].Verify(&digest, sig)
		require.Equal(t, standard(publics[i], &digest, sig), got)
		require.Equal(t, given, sig)
		s := new(big.Int).SetBytes(sig)
		if got {
			em := encode(&digest)
			require.Equal(t, em[:], s.Exp(s, big.NewInt(65537), publics[i].N).FillBytes(make([]byte, rsavec.Size)))
		}
	})
}
