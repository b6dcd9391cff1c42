package rsavec

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"math/big"
	"testing"
	"time"
)

func TestQuick(t *testing.T) {
	key, _ := rsa.GenerateKey(rand.Reader, 2048)
	p, err := NewPublic(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		x, _ := rand.Int(rand.Reader, key.N)
		var s, d, e [256]byte
		x.FillBytes(s[:])
		p.Power(&d, &s)
		new(big.Int).Exp(x, big.NewInt(65537), key.N).FillBytes(e[:])
		if d != e {
			t.Fatal(x)
		}
	}
}

func BenchmarkQuick(b *testing.B) {
	key, _ := rsa.GenerateKey(rand.Reader, 2048)
	p, _ := NewPublic(&key.PublicKey)
	var s, d [256]byte
	x, _ := rand.Int(rand.Reader, key.N)
	x.FillBytes(s[:])
	var xn, yn number
	xn.setBytes(&s)
	var ta, tb, tc time.Duration
	n := 0
	for b.Loop() {
		n++
		t0 := time.Now()
		for range 16 {
			rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, d[:32], s[:])
		}
		t1 := time.Now()
		for range 16 {
			p.Power(&d, &s)
		}
		t2 := time.Now()
		for range 16 {
			chain(&yn, &xn, &p.rr, &xn, &p.n, p.k0, 16)
		}
		t3 := time.Now()
		ta += t1.Sub(t0)
		tb += t2.Sub(t1)
		tc += t3.Sub(t2)
	}
	b.ReportMetric(float64(ta)/float64(n)/16, "rsa")
	b.ReportMetric(float64(tb)/float64(n)/16, "power")
	b.ReportMetric(float64(tc)/float64(n)/16, "chain")
}
