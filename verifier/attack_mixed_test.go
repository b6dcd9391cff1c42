package verifier_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/verifier"
)

// Verifiers with memories of all sizes share the pools, under a collector that runs all the time, keys that change and
// requests that end while they wait. Each token comes with a forgery: its header and signature around another payload,
// which is what a decoding buffer in two hands would give out. What is let in is the token that was sent, all of it.
func TestNothingMixes(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	var (
		keys    = newSwitchKeys(newKey(t, kidA, "a"))
		inForce = []*verifier.Key{newKey(t, kidA, "a"), newKey(t, kidA, "b"), newKey(t, kidA, "a")}
		private = testKey(t, "a")
		nobody  = accessrules.Viewer{Addr: netip.MustParseAddr("192.0.2.1")}
		goods   = make([]string, 40)
		forged  = make([]string, len(goods))
		sizes   = []int64{-1, 4 << 10, 32 << 10, 1 << 20}
	)
	payload := func(subject string, viewer int) string {
		return fmt.Sprintf(`{"sub":%q,"exp":%d,"accessRules":[{"type":"ip.src","action":"allow","ip":["10.0.0.%d"]},{"type":"any","action":"block"}],"x":%q}`,
			subject, at.Unix()+60, viewer, strings.Repeat("x", viewer%5*100))
	}
	for i := range goods {
		goods[i] = sign(t, private, header(kidA), payload(fmt.Sprintf("s%03d", i), i))
		part := strings.Split(goods[i], ".")
		forged[i] = part[0] + "." + b64(payload(fmt.Sprintf("f%03d", i), 200)) + "." + part[2]
	}
	var verifiers []*verifier.Verifier
	for _, size := range sizes {
		verifiers = append(verifiers, newVerifier(t, func(c *verifier.Config) { c.Keys, c.CacheBytes, c.ColdLimit = keys, size, 2 }))
	}
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			for range 500 {
				i := rand.IntN(len(goods))
				if rand.IntN(40) == 0 {
					keys.put(inForce[rand.IntN(len(inForce))])
				}
				token := goods[i]
				if rand.IntN(3) == 0 {
					token = forged[i]
				}
				ctx, cancel := context.WithTimeout(context.Background(), time.Duration(rand.IntN(3000))*time.Microsecond)
				held, err := verifiers[rand.IntN(len(verifiers))].VerifyFrom(ctx, strings.Clone(token), rand.Uint64N(30))
				cancel()
				if err != nil {
					if !errors.Is(err, streamtoken.ReasonSignatureInvalid) && !errors.Is(err, streamtoken.ReasonVerifierBusy) {
						t.Error(err)
					}
					continue
				}
				viewer := accessrules.Viewer{Addr: netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})}
				subject := fmt.Sprintf("s%03d", i)
				if token != goods[i] || held.Subject() != subject || held.Claims().Subject != subject ||
					!held.Rules().Decide(viewer).Allowed() || held.Rules().Decide(nobody).Allowed() {
					t.Errorf("%s was let in as %s", subject, held.Subject())
				}
			}
		})
	}
	wg.Wait()
	for i, v := range verifiers {
		require.NoError(t, v.CheckIdle(2))
		require.LessOrEqual(t, v.Memory().Bytes, max(sizes[i], 0))
	}
}
