package verifier_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/gate"
	"github.com/streamtoken/streamtoken/verifier"
)

// history is what the operations of one input act on: two verifiers that share
// their keys, revocations and clock, one without a memory, and the model.
type history struct {
	t     *testing.T
	pool  []pooled
	made  [len(kids)][len(materials)][2]*verifier.Key // each material twice, as read twice
	model model

	keys       *switchKeys
	revoked    *switchRevocations
	clock      *handClock
	warm, none *verifier.Verifier
	gates      [2]*gate.Gate // of the two
	bound      int64
	crowded    bool // a key may have changed while a token waited, which then took its turn twice
	log        []string
	seen       map[streamtoken.Reason]int
}

const historyColdLimit = 2

// begin makes the world as its first byte says.
func (h *history) begin(setup byte) {
	h.model = model{
		keys: map[string]int{}, now: at, refuseUnknown: setup&8 != 0,
		leeway: [...]time.Duration{0, 1500 * time.Millisecond, time.Minute, 1}[setup>>1&3],
	}
	h.seen = map[streamtoken.Reason]int{}
	h.bound = [...]int64{24 << 10, 256 << 10, 16 << 10, 64 << 10}[setup&1|setup>>3&2]
	h.keys, h.revoked, h.clock = newSwitchKeys(), &switchRevocations{}, &handClock{now: at}
	for i := range kids {
		h.putKey(i, i, 0)
	}
	cfg := verifier.Config{
		Keys: h.keys, Revocations: h.revoked, Now: h.clock.Now,
		Leeway: h.model.leeway, RefuseUnknownClaims: h.model.refuseUnknown, ColdLimit: historyColdLimit,
	}
	for i, bound := range []int64{h.bound, -1} {
		cfg.CacheBytes = bound
		if cfg.Engine = nil; i == 0 && setup&32 == 0 { // crypto/rsa is what it is compared with
			withVector(&cfg)
		}
		v, err := verifier.New(cfg)
		if err != nil {
			h.t.Fatal(err)
		}
		g, err := gate.New(gate.Config{Verifier: v})
		if err != nil {
			h.t.Fatal(err)
		}
		h.warm, h.none = h.none, v
		h.gates[i] = g
	}
}

func (h *history) note(format string, args ...any) {
	h.log = append(h.log, fmt.Sprintf(format, args...))
}

func (h *history) fail(format string, args ...any) {
	h.t.Fatalf("%s\n%s", strings.Join(h.log, "\n"), fmt.Sprintf(format, args...))
}

// verify asks both for one token and compares.
func (h *history) verify(token string) answer {
	want, fault := answerOf(h.none.Verify(context.Background(), token))
	if fault != nil {
		h.fail("without a memory: %v", fault)
	}
	got, fault := answerOf(h.warm.VerifyFrom(context.Background(), token, 7))
	if fault != nil {
		h.fail("%v", fault)
	}
	if got != want {
		h.fail("with a memory:    %+v\nwithout a memory: %+v", got, want)
	}
	return want
}

func (h *history) verifyPooled(i int) {
	h.note("verify %d", i)
	a := h.verify(h.pool[i].token)
	h.seen[a.Refusal.Reason]++
	if reason := h.model.judge(h.pool[i]); reason != a.Refusal.Reason || (reason == "") != a.allowed {
		h.fail("%+v, and plainly %q", a, reason)
	}
}

// mutants of a token are none of them to be accepted.
const mutants = 12

func (h *history) mutant(i, kind int) string {
	token := h.pool[i].token
	if strings.Count(token, ".") != 2 || len(token) < 50 {
		return token + "A"
	}
	flip := func(i int) string {
		c := byte('A')
		if token[i] == 'A' {
			c = 'Q'
		}
		return token[:i] + string(c) + token[i+1:]
	}
	dot := strings.LastIndexByte(token, '.')
	switch kind % mutants {
	case 0: // another last character, canonical as well
		const last = "AQgw"
		at := strings.IndexByte(last, token[len(token)-1])
		return token[:len(token)-1] + string(last[(at+1)%len(last)])
	case 1: // the same bits in another spelling
		return token[:len(token)-1] + string(token[len(token)-1]+1)
	case 2:
		return token[:len(token)-1]
	case 3:
		return token[:len(token)-4]
	case 4:
		return token + "A"
	case 5:
		return token + "AAAA"
	case 6:
		return flip(len(token) - 9) // within what it is found by
	case 7:
		return flip(dot + 3)
	case 8:
		return flip(dot - 2) // the payload
	case 9:
		return flip(12) // the header
	case 10: // the content of another token before this signature
		other := h.pool[(i+1)%len(h.pool)].token
		if cut := strings.LastIndexByte(other, '.'); cut > 0 && other[:cut] != token[:dot] {
			return other[:cut] + token[dot:]
		}
		return token[dot:]
	}
	return token[:dot] // without its signature
}

func (h *history) verifyMutant(i, kind int) {
	h.note("verify %d, mutant %d", i, kind%mutants)
	if a := h.verify(h.mutant(i, kind)); a.allowed {
		h.fail("accepted: %+v", a)
	}
}

func (h *history) decide(i, who int) {
	r := gate.Request{Token: h.pool[i].token, Viewer: viewers[who%len(viewers)], Resource: gate.Resource{Download: who&16 != 0}}
	if who&32 != 0 {
		r.Resource.Subject = "v"
	}
	h.note("decide %d for viewer %d", i, who)
	var got [2]gate.Decision
	for j, g := range h.gates {
		got[j] = g.Decide(context.Background(), r)
		if got[j].Allowed != (got[j].Token != nil) {
			h.fail("%+v", got[j])
		}
		got[j].Token = nil
	}
	if got[0] != got[1] {
		h.fail("with a memory:    %+v\nwithout a memory: %+v", got[0], got[1])
	}
}

// atOnce asks for some tokens from several goroutines, while change, if any, is
// made. Each answer is that of before or that of after.
func (h *history) atOnce(tokens []string, change func()) {
	h.crowded = true
	before := h.without(tokens)
	got, faults := make([]answer, len(tokens)), make([]error, len(tokens))
	var wg sync.WaitGroup
	for i, token := range tokens {
		wg.Go(func() { got[i], faults[i] = answerOf(h.warm.VerifyFrom(context.Background(), token, uint64(i))) })
	}
	change()
	wg.Wait()
	after := h.without(tokens)
	for i := range tokens {
		if faults[i] != nil || got[i] != before[i] && got[i] != after[i] {
			h.fail("at once, %d: %v %+v\nnot %+v\nnor %+v", i, faults[i], got[i], before[i], after[i])
		}
	}
	for _, token := range tokens {
		h.verify(token)
	}
}

// held asks for some tokens while every place of those that verify is taken,
// makes change, asks for the same again, and gives the places back. What is
// answered before the change is what counted then, the rest what counts after
// it: whatever waited is judged by the world it is verified in. The request of
// the first may end while it waits.
func (h *history) held(tokens []string, change func(), leave bool) {
	h.crowded = true
	before, after := h.without(tokens), []answer(nil)
	var release []func()
	for range historyColdLimit {
		release = append(release, h.warm.HoldCold())
	}
	ctx, cancel := context.WithCancel(context.Background())
	type asked struct {
		i      int
		answer chan answer
	}
	var early, late []asked
	ask := func(list *[]asked) {
		for i, token := range tokens {
			a := asked{i, make(chan answer, 1)}
			own := context.Background()
			if leave && len(early) == 0 {
				own = ctx
			}
			*list = append(*list, a)
			go func() {
				got, fault := answerOf(h.warm.VerifyFrom(own, token, uint64(i)))
				if fault != nil {
					got.Claims = fault.Error() // equal to no answer
				}
				a.answer <- got
			}()
			synctest.Wait()
		}
	}
	ask(&early)
	for i, a := range early {
		select {
		case got := <-a.answer:
			if got != before[a.i] {
				h.fail("held, %d: %+v\nwithout a memory: %+v", i, got, before[a.i])
			}
			early[i].answer = nil
		default:
		}
	}
	change()
	cancel()
	synctest.Wait()
	if leave && early[0].answer != nil {
		if got := <-early[0].answer; got.Refusal.Reason != streamtoken.ReasonVerifierBusy {
			h.fail("held and left: %+v", got)
		}
		early[0].answer = nil
	}
	ask(&late)
	for _, give := range release {
		give()
	}
	after = h.without(tokens)
	for i, a := range append(early, late...) {
		if a.answer == nil {
			continue
		}
		if got := <-a.answer; got != after[a.i] {
			h.fail("held, %d: %+v\nwithout a memory: %+v", i, got, after[a.i])
		}
	}
}

// without gives the answers of the verifier that has no memory.
func (h *history) without(tokens []string) (list []answer) {
	for _, token := range tokens {
		a, fault := answerOf(h.none.Verify(context.Background(), token))
		if fault != nil {
			h.fail("%v", fault)
		}
		list = append(list, a)
	}
	return list
}

func (h *history) setTime(now time.Time) {
	h.note("time %s (%s)", now.UTC().Format(time.RFC3339Nano), now.Sub(at))
	h.model.now = now
	h.clock.set(now)
}

func (h *history) putKey(kid, material, copy int) {
	h.note("key %d is %s, copy %d", kid, materials[material], copy)
	h.model.keys[kids[kid]] = material
	h.keys.put(h.made[kid][material][copy])
}

func (h *history) removeKey(kid int) {
	h.note("no key %d", kid)
	delete(h.model.keys, kids[kid])
	h.keys.remove(kids[kid])
}

func (h *history) failKeys(how int) {
	h.note("keys fail: %d", how)
	err := [...]error{nil, streamtoken.ReasonKeysUnavailable, errors.New("stale"), &streamtoken.Refusal{Detail: "x"}}[how]
	h.model.keysFailed = err != nil
	h.keys.fail(err)
}

func (h *history) revoke(entries ...streamtoken.Revocation) {
	h.note("revoked: %+v", entries)
	h.model.revoked = entries
	h.revoked.set(h.t, entries...)
}

func (h *history) failRevocations(fails bool) {
	h.note("revocations fail: %t", fails)
	h.model.revokedFailed = fails
	if fails {
		h.revoked.fail(errors.New("stale"))
	} else {
		h.revoked.fail(nil)
	}
}

// end looks at what is left.
func (h *history) end() {
	for _, v := range []*verifier.Verifier{h.warm, h.none} {
		if err := v.CheckIdle(historyColdLimit); err != nil {
			h.fail("%v", err)
		}
	}
	if stats := h.warm.Memory(); stats.Bytes > h.bound {
		h.fail("%d bytes are held, more than %d", stats.Bytes, h.bound)
	}
	if warm, none := h.warm.ColdCount(), h.none.ColdCount(); warm > none && !h.crowded {
		h.fail("%d verifications with a memory, %d without", warm, none)
	}
}
