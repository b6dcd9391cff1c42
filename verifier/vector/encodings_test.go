package vector

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// forged is an encoding that is not the one of its digest: a key's holder, or one
// who can forge such things where e is small, may sign it.
type forged struct {
	name string
	em   []byte
}

// encodingsNear gives encodings that a check which parses has been fooled by, or
// might be. Each has 256 bytes.
func encodingsNear(digest *[sha256.Size]byte) (list []forged) {
	const size = 256
	add := func(name string, em []byte) {
		if len(em) != size {
			panic(fmt.Sprintf("%s has %d bytes", name, len(em)))
		}
		list = append(list, forged{name, em})
	}
	unhex := func(s string) []byte {
		b, err := hex.DecodeString(s)
		if err != nil {
			panic(err)
		}
		return b
	}
	// pad puts FF before tail, as many as fit.
	pad := func(start string, tail ...[]byte) []byte {
		end := bytes.Join(tail, nil)
		em := unhex(start)
		return bytes.Join([][]byte{em, bytes.Repeat([]byte{0xff}, size-len(em)-1-len(end)), {0}, end}, nil)
	}
	sum := digest[:]
	const oid = "0609608648016503040201"
	good := unhex("3031300d" + oid + "05000420")

	// The algorithm in other words.
	add("no NULL", pad("0001", unhex("302f300b"+oid+"0420"), sum))
	add("NULL of long form", pad("0001", unhex("3032300e"+oid+"0581000420"), sum))
	add("NULL with content", pad("0001", unhex("3033300f"+oid+"050241410420"), sum))
	add("parameters of another type", pad("0001", unhex("3031300d"+oid+"30000420"), sum))
	add("outer length of long form", pad("0001", unhex("308131300d"+oid+"05000420"), sum))
	add("outer length of longer form", pad("0001", unhex("30820031300d"+oid+"05000420"), sum))
	add("inner length of long form", pad("0001", unhex("303230810d"+oid+"05000420"), sum))
	add("OID length of long form", pad("0001", unhex("3032300e06810960864801650304020105000420"), sum))
	add("digest length of long form", pad("0001", unhex("3032300d"+oid+"0500048120"), sum))
	add("indefinite length", pad("0001", unhex("3080300d"+oid+"05000420"), sum, unhex("0000")))
	add("OID with leading 80", pad("0001", unhex("3032300e060a8060864801650304020105000420"), sum))
	add("bit string", pad("0001", unhex("3032300d"+oid+"0500032100"), sum))
	add("constructed octet string", pad("0001", unhex("3033300d"+oid+"050024220420"), sum))
	add("something after the digest in the sequence", pad("0001", unhex("3033300d"+oid+"05000420"), sum, unhex("0500")))
	for name, prefix := range map[string]string{
		"MD5":         "3020300c06082a864886f70d020505000410",
		"SHA-1":       "3021300906052b0e03021a05000414",
		"SHA-224":     "302d300d06096086480165030402040500041c",
		"SHA-384":     "3041300d060960864801650304020205000430",
		"SHA-512":     "3051300d060960864801650304020305000440",
		"SHA-512/224": "302d300d06096086480165030402050500041c",
		"SHA-512/256": "3031300d060960864801650304020605000420",
		"SHA3-256":    "3031300d060960864801650304020805000420",
	} {
		add("id of "+name+" before the digest", pad("0001", unhex(prefix), sum))
	}
	one, five := sha1.Sum(sum), sha512.Sum512(sum)
	add("SHA-1", pad("0001", unhex("3021300906052b0e03021a05000414"), one[:]))
	add("SHA-512", pad("0001", unhex("3051300d060960864801650304020305000440"), five[:]))
	add("no DigestInfo", pad("0001", sum))
	add("DigestInfo without a digest", pad("0001", good))

	// The padding.
	add("type 0", pad("0000", good, sum))
	add("type 2", append([]byte{0, 2}, pad("0001", good, sum)[2:]...))
	random := pad("0002", good, sum)
	for i := 2; random[i] == 0xff; i++ {
		random[i] = byte(1 + i*7%254)
	}
	add("type 2, random", random)
	add("type 3", append([]byte{0, 3}, pad("0001", good, sum)[2:]...))
	add("first byte 01", append([]byte{1, 1}, pad("0001", good, sum)[2:]...))
	add("no leading 00", append(pad("01", good, sum)[:size-1:size-1], 0))
	for _, ff := range []int{0, 1, 7, 8, 9, 100} {
		block := bytes.Join([][]byte{{0, 1}, bytes.Repeat([]byte{0xff}, ff), {0}, good, sum}, nil)
		garbage := bytes.Repeat([]byte{0xa5}, size-len(block))
		add(fmt.Sprintf("%d FF and garbage behind", ff), append(bytes.Clone(block), garbage...))
		add(fmt.Sprintf("%d FF and zeros behind", ff), append(bytes.Clone(block), make([]byte, len(garbage))...))
		between := bytes.Join([][]byte{{0, 1}, bytes.Repeat([]byte{0xff}, ff), {0}, garbage, good, sum}, nil)
		add(fmt.Sprintf("%d FF and garbage before DigestInfo", ff), between)
	}
	add("garbage hidden in the parameters", pad("0001", unhex("3081b130818d"+oid+"058180"+strings.Repeat("a5", 128)+"0420"), sum))
	best := pad("0001", good, sum)
	for _, i := range []int{0, 1, 2, 3, 100, 200, 201, 202, 203, 204, 205, 206, 220, 221, 222, 223, 224, 240, 255} {
		for _, bit := range []byte{1, 0x80} {
			em := bytes.Clone(best)
			em[i] ^= bit
			add(fmt.Sprintf("byte %d ^ %02x", i, bit), em)
		}
	}
	add("separator FF", append(append(bytes.Clone(best[:204]), 0xff), best[205:]...))
	add("a 00 within FF", append(append(bytes.Clone(best[:100]), 0), best[101:]...))
	add("one FF less, one byte behind", append(pad("0001", good, sum)[1:], 0))
	add("shifted", append([]byte{0}, best[:size-1]...))
	add("nothing", make([]byte, size))
	add("one", append(make([]byte, size-1), 1))
	reversed := bytes.Clone(best)
	for i := range 32 {
		reversed[size-1-i] = sum[i]
	}
	if !bytes.Equal(reversed, best) {
		add("digest backwards", reversed)
	}
	return list
}

// TestEncodings: of all encodings that a key may have signed one is good, as
// crypto/rsa has it too.
func TestEncodings(t *testing.T) {
	for _, name := range []string{"a", "b"} {
		key := testKey(t, name)
		c := makeCheck(t, &key.PublicKey)
		digest := randomDigest(t)
		good := encode(&digest)
		sig := raise(key, good[:])
		require.Equal(t, signature(t, key, &digest), sig)
		require.True(t, c.Verify(&digest, sig))

		signed := 0
		list := encodingsNear(&digest)
		for _, e := range list {
			require.NotEqual(t, good[:], e.em, e.name)
			sig := raise(key, e.em)
			if sig == nil {
				continue // it is not below the modulus
			}
			signed++
			require.False(t, standard(&key.PublicKey, &digest, sig), "crypto/rsa: %s", e.name)
			require.False(t, c.Verify(&digest, sig), e.name)
		}
		require.Greater(t, len(list), 90)
		require.GreaterOrEqual(t, signed, len(list)-2)

		pss, err := rsa.SignPSS(rand.Reader, key, crypto.SHA256, digest[:], nil)
		require.NoError(t, err)
		require.False(t, c.Verify(&digest, pss))
	}
}
