package verifier

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// plainAdmission is admission as one would write it without a thought to its cost.
type plainAdmission struct {
	free, turn int
	lane       [lanes][]int // ids of those who wait
}

func (p *plainAdmission) pass() (admitted int) {
	for i := 1; i <= lanes; i++ {
		l := (p.turn + i) % lanes
		if len(p.lane[l]) > 0 {
			admitted = p.lane[l][0]
			p.lane[l] = p.lane[l][1:]
			p.turn = l
			return admitted
		}
	}
	p.free++
	return -1
}

func (p *plainAdmission) leave(id int) {
	for l := range p.lane {
		for i, other := range p.lane[l] {
			if other == id {
				p.lane[l] = append(p.lane[l][:i:i], p.lane[l][i+1:]...)
			}
		}
	}
}

func (p *plainAdmission) waiting() (ids []int) {
	for _, l := range p.lane {
		ids = append(ids, l...)
	}
	return ids
}

// TestAdmissionModel runs random histories of arrivals, departures and ends
// beside the plain one: the same ones run, the same ones wait, in every step.
func TestAdmissionModel(t *testing.T) {
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) { admissionHistory(t, rand.New(rand.NewPCG(seed, 3))) })
	}
}

func admissionHistory(t *testing.T, r *rand.Rand) {
	limit := 1 + r.IntN(3)
	a, plain := newAdmission(limit), &plainAdmission{free: limit}
	type caller struct {
		cancel context.CancelFunc
		told   chan bool
	}
	callers := map[int]caller{}
	running := map[int]bool{}
	collect := func(id int, admitted bool) {
		require.Equal(t, admitted, <-callers[id].told, "caller %d", id)
		callers[id].cancel()
		delete(callers, id)
		if admitted {
			running[id] = true
		}
	}
	someone := func(ids []int) int { return ids[r.IntN(len(ids))] }
	end := func(id int) {
		delete(running, id)
		a.done()
		synctest.Wait()
		if next := plain.pass(); next >= 0 {
			collect(next, true)
		}
	}
	id := 0
	for range 150 {
		runs := []int{}
		for id := range running {
			runs = append(runs, id)
		}
		switch queue := plain.waiting(); r.IntN(5) {
		case 0, 1: // one comes
			id++
			lane := []int{0, 1, 2, 63, 64, 127, 128, 191, 192, 255}[r.IntN(10)]
			ctx, cancel := context.WithCancel(t.Context())
			c := caller{cancel, make(chan bool, 1)}
			callers[id] = c
			tries := r.IntN(2) == 0
			go func() { c.told <- tries && a.try() || a.queue(ctx, uint64(lane)) == nil }()
			synctest.Wait()
			if plain.free > 0 {
				plain.free--
				collect(id, true)
			} else {
				plain.lane[lane] = append(plain.lane[lane], id)
			}
		case 2: // one leaves
			if len(queue) > 0 {
				leaving := someone(queue)
				callers[leaving].cancel()
				synctest.Wait()
				plain.leave(leaving)
				collect(leaving, false)
			}
		default: // one is done
			if len(runs) > 0 {
				end(someone(runs))
			}
		}
		for _, waits := range plain.waiting() {
			require.Empty(t, callers[waits].told, fmt.Sprintf("%d was told something", waits))
		}
		require.Len(t, callers, len(plain.waiting()))
		require.Equal(t, plain.free, a.free)
		requireSound(t, a, limit, len(running))
	}
	for len(running) > 0 {
		for id := range running {
			end(id)
			break
		}
	}
	requireSound(t, a, limit, 0)
	require.Empty(t, plain.waiting())
}
