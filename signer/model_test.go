package signer_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/signer"
)

// TestModel lets loops over SignAll and calls of Sign at once do what they may, with an engine that fails, panics, exits and
// dawdles, and compares each pair with what a plain loop gives. synctest sees to it that all comes to an end and that no
// goroutine is left.
func TestModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	m := &model{failed: errors.New("out of order")}
	s, f := cheapSigner(t)
	m.signer = s
	for c := range videos(100) {
		if len(m.claims)%13 == 5 {
			c.Subject = ""
		}
		token, err := s.Sign(c)
		m.claims, m.want = append(m.claims, c), append(m.want, pair{token, err})
	}
	processors(t, 1)
	for round := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, round))
		runtime.GOMAXPROCS(1 + random.IntN(4))
		m.exits = round%4 == 0
		synctest.Test(t, func(t *testing.T) {
			f.set(m.engine)
			var group sync.WaitGroup
			defer group.Wait()
			for range 1 + random.IntN(8) {
				own := rand.New(rand.NewPCG(random.Uint64(), 0))
				if own.IntN(2) == 0 {
					group.Go(func() { m.bulk(t, own) })
				} else {
					for range own.IntN(40) {
						i := own.IntN(len(m.claims))
						group.Go(func() {
							token, err := s.Sign(m.claims[i])
							m.compare(t, i, pair{token, err})
						})
					}
				}
			}
		})
	}
}

type model struct {
	signer *signer.Signer
	claims []streamtoken.Claims
	want   []pair
	failed error
	exits  bool // the engine may call runtime.Goexit
}

// engine signs, more or less. Which batches there are is for the scheduler to say, so what becomes of them is not seeded.
func (m *model) engine(sigs [][]byte, digests [][sha256.Size]byte) error {
	switch rand.IntN(20) {
	case 0:
		return m.failed
	case 1:
		panic("engine")
	case 2:
		if m.exits {
			runtime.Goexit()
		}
	case 3, 4, 5:
		time.Sleep(time.Millisecond) // the bubble's time
	case 6:
		return nil // nothing signed
	}
	return cheap(sigs, digests)
}

// compare says if p is not what becomes of claims i.
func (m *model) compare(t *testing.T, i int, p pair) {
	var refused *signer.FieldError
	good := false
	switch want := m.want[i]; {
	case p.err == nil:
		good = want.err == nil && p.token == want.token
	case errors.As(p.err, &refused):
		good = want.err != nil && p.token == ""
	default: // the engine
		good = want.err == nil && p.token == ""
	}
	if !good {
		t.Errorf("claims %d: a token of %d bytes that is not theirs, or %v", i, len(p.token), p.err)
	}
}

// bulk is a loop over SignAll, of which either side may be left anywhere and in any way.
func (m *model) bulk(t *testing.T, random *rand.Rand) {
	items := make([]int, random.IntN(300))
	for i := range items {
		items[i] = random.IntN(len(m.claims))
	}
	source, from := random.IntN(6), random.IntN(len(items)+1)
	sink, to := random.IntN(8), random.IntN(len(items)+1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	given, running, canceled, whole := 0, false, false, false // whole: the loop was not left
	defer func() {
		value := recover()
		breaks := source < 2 && from < len(items) // if it comes so far
		switch {
		case running:
			t.Error("the loop did not wait for its sequence")
		case value != nil && value != "sequence" && value != "body":
			t.Errorf("a panic with %v", value)
		case m.exits || sink < 4:
		case breaks && (whole || given != from || (value != nil) != (source == 0)):
			t.Errorf("the sequence broke after %d items, the loop after %d with %v", from, given, value)
		case !breaks && (!whole || given != len(items)):
			t.Errorf("%d pairs for %d items", given, len(items))
		}
	}()
	for token, err := range m.signer.SignAll(ctx, func(yield func(streamtoken.Claims) bool) {
		running = true // the race detector sees whether the loop waits
		defer func() { running = false }()
		for n, i := range items {
			switch {
			case n != from:
			case source == 0:
				panic("sequence")
			case source == 1:
				runtime.Goexit()
			case source == 2: // a loop in a loop
				for range m.signer.SignAll(ctx, videos(9)) {
				}
			case source == 3:
				time.Sleep(time.Second)
			}
			if !yield(m.claims[i]) {
				return
			}
		}
	}) {
		if canceled {
			if token != "" || err != context.Canceled || whole {
				t.Errorf("after the end of ctx: a token of %d bytes, %v", len(token), err)
			}
			whole = true
			continue
		}
		m.compare(t, items[given], pair{token, err})
		given++
		if given == to {
			switch sink {
			case 0:
				return
			case 1:
				panic("body")
			case 2:
				runtime.Goexit()
			case 3:
				cancel()
				canceled = true
			case 4:
				time.Sleep(time.Second)
			}
		}
	}
	whole = true
}
