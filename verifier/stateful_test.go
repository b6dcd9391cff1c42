package verifier_test

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/verifier"
)

// An operation of a history is two bytes: which, and with what. The second has
// another meaning for each.
const (
	opVerify     byte = iota // token
	opMutant                 // the token verified last; kind
	opDecide                 // the token verified last; viewer and resource
	opWait                   // by
	opBack                   // by
	opMoment                 // beside a moment that matters to the token verified last
	opKey                    // id, material or none, copy
	opKeys                   // how they fail, 0: not
	opRevoke                 // what of the token verified last, until
	opUnrevoke               // all, the first, the last
	opList                   // whether revocations fail
	opAtOnce                 // the token verified last, mutants, and another token
	opAtOnceWith             // the same, with the next operation made at the same time
	opHeld                   // as opAtOnceWith, with the next operation made while they wait to be let in
	opSweep                  // so many tokens from here on
	opUsual                  // everything as at the beginning, the memory kept
	ops
)

const maxHistory = 600 // operations

var (
	amounts = [...]time.Duration{
		1, time.Millisecond, 499 * time.Millisecond, 999_999_999, time.Second, 1500 * time.Millisecond, 4 * time.Second, 10 * time.Second,
		time.Minute, time.Hour, 24 * time.Hour, 25 * time.Hour, 100 * 365 * 24 * time.Hour,
	}
	besides = [...]time.Duration{0, -1, 1, -time.Second, time.Second, 500 * time.Millisecond}
	untils  = [...]time.Duration{0, -1, 1, time.Second, time.Hour} // 0: for good
)

// run makes the operations of data.
func (h *history) run(data []byte) {
	last := 0
	for n := 0; len(data) >= 2 && n < maxHistory; n++ {
		op, arg := data[0]%ops, int(data[1])
		data = data[2:]
		switch op {
		case opVerify:
			last = arg % len(h.pool)
			h.verifyPooled(last)
		case opMutant:
			h.verifyMutant(last, arg)
		case opDecide:
			h.decide(last, arg)
		case opSweep:
			for i := range arg % 16 {
				last = (arg/16*3 + i) % len(h.pool)
				h.verifyPooled(last)
			}
		case opAtOnce, opAtOnceWith, opHeld:
			tokens := []string{
				h.pool[last].token, h.pool[last].token, h.mutant(last, arg), h.pool[arg%len(h.pool)].token, h.pool[last].token, h.mutant(last, arg),
			}
			h.note("at once %d, mutant %d, %d", last, arg%mutants, arg%len(h.pool))
			change := func() {}
			if op != opAtOnce && len(data) >= 2 && data[0]%ops != opUsual { // which is several changes
				with, by := data[0]%ops, int(data[1])
				data = data[2:]
				change = func() { h.change(with, by, last) }
			}
			if op == opHeld {
				h.held(tokens, change, arg&64 != 0)
			} else {
				h.atOnce(tokens, change)
			}
			h.verifyPooled(last)
		default:
			h.change(op, arg, last)
		}
	}
	h.end()
}

// change makes the operations that verify nothing.
func (h *history) change(op byte, arg, last int) {
	p := h.pool[last]
	switch op {
	case opWait:
		h.setTime(h.model.now.Add(amounts[arg%len(amounts)]))
	case opBack:
		h.setTime(h.model.now.Add(-amounts[arg%len(amounts)]))
	case opMoment:
		moments := [...]time.Time{
			time.Unix(p.exp, 0).Add(h.model.leeway), time.Unix(p.nbf, 0).Add(-h.model.leeway),
			time.Unix(p.exp, 0).Add(-24*time.Hour - 5*time.Minute), at,
		}
		h.setTime(moments[arg&3].Add(besides[arg>>2%len(besides)]))
	case opKey:
		kid, what := arg%len(kids), arg/len(kids)
		if material := what % (len(materials) + 1); material < len(materials) {
			h.putKey(kid, material, what/(len(materials)+1)&1)
		} else {
			h.removeKey(kid)
		}
	case opKeys:
		h.failKeys(arg % 4)
	case opRevoke:
		r := streamtoken.Revocation{}
		switch arg % 3 {
		case 0:
			r.Digest = p.digest
		case 1:
			r.Subject = p.sub
		default:
			r.KeyID = p.kid
		}
		if until := untils[arg/3%len(untils)]; until != 0 {
			r.Until = h.model.now.Add(until)
		}
		if r.Validate() == nil && len(h.model.revoked) < 8 {
			h.revoke(append(h.model.revoked[:len(h.model.revoked):len(h.model.revoked)], r)...)
		}
	case opUnrevoke:
		list := h.model.revoked
		switch {
		case len(list) == 0 || arg%3 == 0:
			list = nil
		case arg%3 == 1:
			list = list[1:]
		default:
			list = list[:len(list)-1]
		}
		h.revoke(list...)
	case opList:
		h.failRevocations(arg&1 == 1)
	case opUsual:
		for i := range kids {
			h.putKey(i, i, arg&1)
		}
		h.failKeys(0)
		h.failRevocations(false)
		h.revoke()
		h.setTime(at)
	}
}

// newHistories gives what all histories share: tokens and keys, which take long to make.
func newHistories(t testing.TB) func(t *testing.T, data []byte) *history {
	pool := newPool(t)
	var made [len(kids)][len(materials)][2]*verifier.Key
	for i, kid := range kids {
		for j, material := range materials {
			for copy := range made[i][j] {
				made[i][j][copy] = newKey(t, kid, material)
			}
		}
	}
	return func(t *testing.T, data []byte) (h *history) {
		synctest.Test(t, func(t *testing.T) {
			h = &history{t: t, pool: pool, made: made}
			h.begin(data[0])
			h.run(data[1:])
		})
		return h
	}
}

// FuzzHistory drives a verifier that remembers and one that does not through
// the same history, and demands the same answers in every step: reason, detail,
// key id, subject, claims and what the rules say of several viewers. A plain
// model of the tokens gives a third opinion on the reason.
func FuzzHistory(f *testing.F) {
	live := newHistories(f)
	for _, seed := range historySeeds() {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 0 {
			live(t, data[:min(len(data), longestHistory)])
		}
	})
}

// longestHistory is 600 steps and the byte before them. With thousands one history takes seconds, and the fuzzer calls an input hung
// that is not done after ten, as on a machine that is busy otherwise.
const longestHistory = 1 + 2*600

// TestHistories runs random histories, and sees to it that they and the seeds
// come by whatever can happen.
func TestHistories(t *testing.T) {
	live := newHistories(t)
	list := historySeeds()
	r := rand.New(rand.NewPCG(5, 5))
	for range 24 {
		data := make([]byte, 1+2*150)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		list = append(list, data)
	}
	seen := map[streamtoken.Reason]int{}
	var evictions, warm, none uint64
	for _, data := range list {
		h := live(t, data)
		for reason, n := range h.seen {
			seen[reason] += n
		}
		evictions += h.warm.Memory().Evictions
		warm += h.warm.ColdCount()
		none += h.none.ColdCount()
	}
	for _, reason := range []streamtoken.Reason{
		"", streamtoken.ReasonTokenMalformed, streamtoken.ReasonTokenTooLarge, streamtoken.ReasonHeaderInvalid, streamtoken.ReasonAlgNotAllowed,
		streamtoken.ReasonKeyUnknown, streamtoken.ReasonSignatureInvalid, streamtoken.ReasonClaimsInvalid, streamtoken.ReasonTokenExpired,
		streamtoken.ReasonTokenNotYetValid, streamtoken.ReasonLifetimeTooLong, streamtoken.ReasonTokenRevoked,
		streamtoken.ReasonKeysUnavailable, streamtoken.ReasonRevocationsUnavailable,
	} {
		require.GreaterOrEqual(t, seen[reason], 10, "%q", reason)
	}
	require.Greater(t, evictions, uint64(30))
	require.Less(t, warm, none*3/4, "too few are remembered for this to say anything")
}
