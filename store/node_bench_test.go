package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// manyRelays is 10,000 relays with 10 tokens each.
func manyRelays() state {
	s := state{epoch: 1}
	for i := range 10_000 {
		r := relayRow{account: fmt.Sprintf("acc%d", i%10), uid: fmt.Sprintf("%032x", i)}
		for j := range MaxRelayTokens {
			r.tokens = append(r.tokens, RelayToken{JTI: fmt.Sprintf("%016x%016x", i, j)})
		}
		s.relays = append(s.relays, r)
	}
	return s
}

func startBench(b testing.TB, s state) (*Node, *fakeDB) {
	db := newFakeDB()
	db.now = s
	n, err := joinNode(b.Context(), newFakeFeed(db), NodeConfig{Lease: time.Minute}, testPoll)
	require.NoError(b, err)
	b.Cleanup(func() { _ = n.Close() })
	return n, db
}

func TestAcceptsAllocatesNothing(t *testing.T) {
	if raceEnabled {
		return
	}
	n, _ := startBench(t, manyRelays())
	relay, jti, none := fmt.Sprintf("%032x", 77), fmt.Sprintf("%016x%016x", 77, 9), fmt.Sprintf("%032x", -1)
	require.True(t, accepts(t, n, relay, jti))
	require.Zero(t, testing.AllocsPerRun(100, func() {
		_, _ = n.Accepts(relay, jti)
		_, _ = n.Accepts(none, jti)
		_ = n.Live()
		_ = n.Changed()
	}))
}

func BenchmarkAccepts(b *testing.B) {
	n, _ := startBench(b, manyRelays())
	var relays, jtis []string
	for i := range 1024 {
		relays = append(relays, fmt.Sprintf("%032x", i*9))
		jtis = append(jtis, fmt.Sprintf("%016x%016x", i*9, i%MaxRelayTokens))
	}
	b.Run("one relay", func(b *testing.B) {
		for b.Loop() {
			if ok, err := n.Accepts(relays[7], jtis[7]); !ok || err != nil {
				b.Fatal(ok, err)
			}
		}
	})
	b.Run("serial", func(b *testing.B) {
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			if ok, err := n.Accepts(relays[i%1024], jtis[i%1024]); !ok || err != nil {
				b.Fatal(ok, err)
			}
			i++
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i++ {
				if ok, err := n.Accepts(relays[i%1024], jtis[i%1024]); !ok || err != nil {
					b.Error(ok, err)
				}
			}
		})
	})
	b.Run("two clocks alone", func(b *testing.B) {
		for b.Loop() {
			_ = n.clock()
		}
	})
}

// BenchmarkApply is what a node does about one rotation, but for the database's part.
func BenchmarkApply(b *testing.B) {
	x := newIndex(manyRelays())
	row := state{relays: []relayRow{{account: "acc0", uid: fmt.Sprintf("%032x", 5), tokens: []RelayToken{{JTI: "a"}}}}}
	c := change{kind: kindRelay, account: "acc0", subject: row.relays[0].uid}
	for b.Loop() {
		x.apply(c, row)
	}
}

// BenchmarkIndex is what a node does at its start, but for the database's part.
func BenchmarkIndex(b *testing.B) {
	s := manyRelays()
	for b.Loop() {
		newIndex(s)
	}
}
