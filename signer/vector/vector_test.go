package vector

import (
	"bytes"
	"crypto"
	"crypto/fips140"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/binary"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"os/exec"
	"reflect"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/rsavec"
	"github.com/streamtoken/streamtoken/signer"
)

// testKey gives one of the test-only keys.
func testKey(t testing.TB, name string) *rsa.PrivateKey {
	t.Helper()
	data, err := os.ReadFile("../../testdata/keys/" + name + ".pem")
	require.NoError(t, err)
	return fromPEM(t, data)
}

// digests are n that differ from each other and from those of other seeds.
func digests(n, seed int) [][sha256.Size]byte {
	list := make([][sha256.Size]byte, n)
	for i := range list {
		list[i] = sha256.Sum256(binary.LittleEndian.AppendUint64(nil, uint64(seed)<<32|uint64(i)))
	}
	return list
}

func blank(n int) [][]byte {
	list := make([][]byte, n)
	for i := range list {
		list[i] = make([]byte, rsavec.Size)
	}
	return list
}

// plain signs as crypto/rsa does.
func plain(t testing.TB, key *rsa.PrivateKey, digests [][sha256.Size]byte) [][]byte {
	t.Helper()
	list := make([][]byte, len(digests))
	for i := range digests {
		var err error
		list[i], err = rsa.SignPKCS1v15(nil, key, crypto.SHA256, digests[i][:])
		require.NoError(t, err)
	}
	return list
}

// TestSameBytes: batches of every size give what crypto/rsa gives. Where the instructions are missing the portable twin
// calculates.
func TestSameBytes(t *testing.T) {
	t.Logf("vector instructions: %v", rsavec.Supported())
	e := New()
	made, batches := 0, 0
	for k, name := range []string{"a", "b", "c"} {
		key := testKey(t, name)
		b, err := e.prepare(key)
		require.NoError(t, err)
		require.Equal(t, 8, b.Size())
		for n := 1; n <= b.Size(); n++ {
			if !rsavec.Supported() && k > 0 && n != 2 {
				continue // the twin takes a quarter of a second for each
			}
			in, out := digests(n, 100*k+n), blank(n)
			require.NoError(t, b.Sign(out, in))
			require.Equal(t, plain(t, key, in), out)
			made, batches = made+n, batches+1
		}
	}
	require.Equal(t, Stats{Signatures: uint64(made), Batches: uint64(batches)}, e.Stats())
}

// TestConcurrently: a batch of one Engine may be used by many at once.
func TestConcurrently(t *testing.T) {
	e, key := New(), testKey(t, "a")
	b, err := e.prepare(key)
	require.NoError(t, err)
	var group sync.WaitGroup
	for g := range 4 {
		want := plain(t, key, digests(5, g))
		group.Go(func() {
			for range 3 {
				out := blank(5)
				if err := b.Sign(out, digests(5, g)); err != nil || !equal(want, out) {
					t.Errorf("another signature, or %v", err)
				}
			}
		})
	}
	group.Wait()
	require.Equal(t, Stats{Signatures: 60, Batches: 12}, e.Stats())
}

func equal(a, b [][]byte) bool {
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return len(a) == len(b)
}

// TestFaults: what the check refuses never leaves; crypto/rsa makes it again, and it is counted.
func TestFaults(t *testing.T) {
	key := testKey(t, "a")
	for _, refused := range []uint8{0, 1, 0b100, 0b10000000, 0b10101010, 0xff} {
		for _, n := range []int{1, 3, 8} {
			e := New()
			b := newBatch(e, key, func(_ *rsavec.Scratch, out, em *lanes) (good uint8) {
				for i := range em {
					if refused>>i&1 != 0 {
						out[i] = [rsavec.Size]byte{0xbd} // what it must not pass on
						continue
					}
					good |= 1 << i
					new(big.Int).Exp(new(big.Int).SetBytes(em[i][:]), key.D, key.N).FillBytes(out[i][:])
				}
				return good
			})
			in, out := digests(n, 1), blank(n)
			require.NoError(t, b.Sign(out, in))
			require.Equal(t, plain(t, key, in), out)
			faults := 0
			for i := range n {
				faults += int(refused >> i & 1)
			}
			require.Equal(t, Stats{Signatures: uint64(n - faults), Batches: 1, Faults: uint64(faults)}, e.Stats())
		}
	}
	// Where crypto/rsa does not sign either, nothing is signed.
	broken := *key
	broken.Precomputed = rsa.PrecomputedValues{}
	broken.D = big.NewInt(3)
	b := newBatch(New(), &broken, func(*rsavec.Scratch, *lanes, *lanes) uint8 { return 0 })
	require.Error(t, b.Sign(blank(8), digests(8, 1)))
}

// TestUnusedLanes: nothing is signed that nobody asked for, such as what an earlier batch left.
func TestUnusedLanes(t *testing.T) {
	key := testKey(t, "a")
	var seen lanes
	b := newBatch(New(), key, func(_ *rsavec.Scratch, _, em *lanes) uint8 {
		seen = *em
		return 0
	})
	for _, n := range []int{8, 3, 1} {
		require.NoError(t, b.Sign(blank(n), digests(n, n)))
		for i := range seen {
			require.Equal(t, i >= n, seen[i] == [rsavec.Size]byte{}, i)
		}
	}
}

// TestEncoding: an encoded message is what the public exponent gives back from a signature of crypto/rsa.
func TestEncoding(t *testing.T) {
	key, in := testKey(t, "a"), digests(1, 1)
	var em, want [rsavec.Size]byte
	rsavec.Encode(&em, &in[0])
	sig := new(big.Int).SetBytes(plain(t, key, in)[0])
	sig.Exp(sig, big.NewInt(int64(key.E)), key.N).FillBytes(want[:])
	require.Equal(t, want, em)
}

// TestWrongRoom: a batch that does not fit is refused before anything is calculated.
func TestWrongRoom(t *testing.T) {
	b := newBatch(New(), testKey(t, "a"), func(*rsavec.Scratch, *lanes, *lanes) uint8 { panic("calculated") })
	short := blank(2)
	short[1] = short[1][:255]
	for _, c := range []struct {
		sigs    [][]byte
		digests [][sha256.Size]byte
	}{
		{nil, nil}, {blank(9), digests(9, 1)}, {blank(2), digests(3, 1)}, {blank(3), digests(2, 1)}, {short, digests(2, 1)},
		{append(blank(1), make([]byte, 257)), digests(2, 1)}, {[][]byte{nil}, digests(1, 1)},
	} {
		require.Error(t, b.Sign(c.sigs, c.digests))
	}
}

// TestKeysThatDoNotFit: crypto/rsa signs with them.
func TestKeysThatDoNotFit(t *testing.T) {
	large, err := rsa.GenerateKey(rand.Reader, 3072)
	require.NoError(t, err)
	exponent := *testKey(t, "a")
	exponent.E = 3
	three := *testKey(t, "a")
	three.Primes = append([]*big.Int{big.NewInt(3)}, three.Primes...)
	for name, key := range map[string]*rsa.PrivateKey{"3072 bits": large, "e = 3": &exponent, "three primes": &three, "none": nil} {
		b, err := New().prepare(key)
		require.Error(t, err, name)
		require.Nil(t, b, name)
	}
	key, err := signer.NewKey("large", large)
	require.NoError(t, err)
	s, err := signer.New(signer.Config{Key: key, Engine: New()})
	require.NoError(t, err)
	name, why := s.Engine()
	require.Equal(t, "crypto/rsa", name)
	require.NotEmpty(t, why)
}

// TestAvailable: where the instructions are the engine signs, and elsewhere it says why not.
func TestAvailable(t *testing.T) {
	err := Available()
	t.Logf("available: %v", err)
	require.Equal(t, rsavec.Supported() && !fips140.Enabled(), err == nil)
	if runtime.GOARCH != "amd64" {
		require.ErrorContains(t, err, runtime.GOARCH)
	}
	b, refused := New().Prepare(testKey(t, "a"))
	require.Equal(t, err, refused)
	require.Equal(t, err == nil, b != nil)
}

// TestFIPSMode: in a program that runs in FIPS 140-3 mode, which needs the assembly of the standard library, the engine is
// not available.
func TestFIPSMode(t *testing.T) {
	if !fips140.Enabled() && runtime.GOARCH == "amd64" && !purego {
		again := exec.Command(os.Args[0], "-test.run=^(TestAvailable|TestFIPSMode)$", "-test.v")
		again.Env = append(os.Environ(), "GODEBUG=fips140=on")
		out, err := again.CombinedOutput()
		require.NoError(t, err, string(out))
		require.Contains(t, string(out), "available: vector: FIPS 140-3 mode is on")
		return
	}
	t.Logf("FIPS 140-3 mode: %v", fips140.Enabled())
}

// TestNothingPrintsTheKey: no printer finds the key in what an engine prepares.
func TestNothingPrintsTheKey(t *testing.T) {
	key := testKey(t, "a")
	e := New()
	b, err := e.prepare(key)
	require.NoError(t, err)
	var forbidden []string
	for _, n := range []*big.Int{key.D, key.Primes[0], key.Primes[1], key.Precomputed.Dp, key.Precomputed.Dq, key.Precomputed.Qinv} {
		bits := n.Bits()
		words := fmt.Sprint(bits[:2])
		// The lowest limbs of 52 bits too, as a prepared key may hold them.
		low := new(big.Int).And(n, new(big.Int).SetUint64(1<<52-1))
		forbidden = append(forbidden, n.String()[:16], n.Text(16)[:16], fmt.Sprintf("%X", n)[:16], words[1:len(words)-1],
			fmt.Sprint(n.Bytes()[:6])[1:18], low.String(), low.Text(16))
	}
	found := func(out string) bool {
		for _, secret := range forbidden {
			if bytes.Contains([]byte(out), []byte(secret)) {
				return true
			}
		}
		return false
	}
	wrapped, err := signer.NewKey("a", key)
	require.NoError(t, err)
	s, err := signer.New(signer.Config{Key: wrapped, Engine: e})
	require.NoError(t, err)
	values := map[string]any{
		"*batch": b, "batch": *b, "Batch": signer.Batch(b), "slice": []*batch{b}, "*Signer": s, "Signer": *s, "*Engine": e,
		"Config": signer.Config{Key: wrapped, Engine: e},
	}
	for name, v := range values {
		outs := []string{}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%b"} {
			outs = append(outs, fmt.Sprintf(verb, v))
		}
		var buf bytes.Buffer
		_ = gob.NewEncoder(&buf).Encode(v)
		slog.New(slog.NewTextHandler(&buf, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&buf, nil)).Info("m", "v", v)
		j, _ := json.Marshal(v)
		x, _ := xml.Marshal(v)
		for _, out := range append(outs, buf.String(), string(j), string(x)) {
			require.False(t, found(out), name)
		}
	}
	// The test can fail: it finds what it looks for in a key that is printed.
	require.True(t, found(fmt.Sprintf("%v", key)))
	// And there is nothing but functions in a batch for a printer to walk into.
	for i := range reflect.TypeFor[batch]().NumField() {
		if field := reflect.TypeFor[batch]().Field(i); field.Name != "engine" {
			require.Equal(t, reflect.Func, field.Type.Kind(), field.Name)
		}
	}
}
