package tokencache

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// model is the obvious reference: a map that forgets nothing unless told. A cache may forget more than that, but what it gives must be what the model gives.
type model struct {
	c     *Cache[string]
	known map[string]*string
}

func newModel(bound int64) *model { return &model{New[string](bound), map[string]*string{}} }

// step does one operation to both sides. The value names its token, so that a value given for another is seen.
func (m *model) step(op byte, token string, bytes int) error {
	switch op % 8 {
	case 0, 1, 2:
		before := m.c.Stats()
		v := put(m.c, token, "of "+token, bytes)
		if *v != "of "+token {
			return fmt.Errorf("Add gave %q", *v)
		}
		m.known[token] = v
		got := m.c.Get(token)
		if got != nil && got != v {
			return fmt.Errorf("%q was added, another value is there", token)
		}
		if added := m.c.Stats().Additions - before.Additions; added > 1 || (added == 1) != (got != nil) {
			return fmt.Errorf("%d additions were counted, and %q is there: %v", added, token, got != nil)
		}
		if got == nil && int64(bytes)+m.c.frames.of(len(token)) <= m.c.shards[0].bound/8 && len(token) >= minToken {
			return fmt.Errorf("%q was added and is gone", token)
		}
	case 3:
		v := m.known[token]
		there := m.c.Get(token) != nil
		m.c.Drop(token, v)
		if v != nil && m.c.Get(token) != nil {
			return fmt.Errorf("%q was dropped and is there", token)
		}
		if v == nil && there {
			return fmt.Errorf("%q is there and was never added", token)
		}
		delete(m.known, token)
	case 4: // a value that is no longer current
		was := m.c.Get(token)
		m.c.Drop(token, new(string))
		m.c.Drop(token, nil)
		if m.c.Get(token) != was {
			return fmt.Errorf("%q went with another's drop", token)
		}
	default:
		if v := m.c.Get(token); v != nil && (v != m.known[token] || *v != "of "+token) {
			return fmt.Errorf("Get gave %q for %q", *v, token)
		}
	}
	return nil
}

// modelToken makes tokens of several lengths, some of which agree in everything that is hashed.
func modelToken(n uint16) string {
	return fmt.Sprintf("%s.%016d%d", strings.Repeat("h", int(n>>4&3)*40), n>>6, n&7)
}

func TestModel(t *testing.T) {
	for _, bound := range []int64{1, 1000, 3000, 20_000, 1 << 20, 5 << 20} {
		t.Run(fmt.Sprint(bound), func(t *testing.T) {
			m := newModel(bound)
			r := rand.New(rand.NewPCG(uint64(bound), 0))
			for i := range 40_000 {
				n := r.ExpFloat64() * 3000
				require.NoError(t, m.step(byte(r.Uint32()), modelToken(uint16(n)), r.IntN(int(min(bound/6, 4000))+1)))
				if i%512 == 0 {
					require.NoError(t, m.c.check())
				}
			}
			require.NoError(t, m.c.check())
			if bound >= 20_000 {
				require.NotZero(t, m.c.Stats().Entries)
			}
		})
	}
}

// FuzzModel drives cache and model with one history and looks at everything after each step: what the cache gives is what the model gives, and nothing in it is out of order.
func FuzzModel(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, bound := range []uint32{0, 900, 4000, 60_000, 1 << 20} {
		history := make([]byte, 5*120)
		for i := range history {
			history[i] = byte(r.Uint32())
		}
		f.Add(bound, history)
	}
	f.Add(uint32(3000), []byte("\x00\x01\x00\x10\x00\x00\x01\x00\xff\x00\x03\x01\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, bound uint32, history []byte) {
		m := newModel(int64(bound%(2<<20)) + 1)
		history = history[:min(len(history), 5*120)] // everything is looked at after each step
		for ; len(history) >= 5; history = history[5:] {
			n := binary.LittleEndian.Uint16(history[1:])
			bytes := int(binary.LittleEndian.Uint16(history[3:]))
			if err := m.step(history[0], modelToken(n&0x3ff), bytes&0xfff); err != nil {
				t.Fatal(err)
			}
			if err := m.c.check(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
