package moq_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/moq"
)

// inBubble runs f where time passes at once, and fails if a goroutine of the sessions is left when f is done.
func inBubble(t *testing.T, f func(t *testing.T, w *world, mint func(change ...string) string)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		start := time.Now().Unix()
		f(t, w, func(change ...string) string {
			p := strings.NewReplacer(append(change, "2000000000", fmt.Sprint(start), "2000003600", fmt.Sprint(start+3600))...).Replace(payload)
			return raw(private("a"), header, p)
		})
		time.Sleep(2 * time.Millisecond) // the watching goroutine ends once it has looked again
	})
}

// realTime has the world's verifier go by the bubble's clock.
func realTime(cfg *moq.VerifierConfig) { cfg.Now = time.Now }

func admit(t *testing.T, v *moq.Verifier, token string) *moq.Session {
	t.Helper()
	s, err := v.Admit(context.Background(), token)
	require.NoError(t, err)
	require.NotNil(t, s)
	return s
}

func open(t *testing.T, s *moq.Session) {
	t.Helper()
	synctest.Wait()
	select {
	case <-s.Done():
		t.Fatalf("ended: %v", s.Err())
	default:
		require.NoError(t, s.Err())
	}
}

// endsWithin waits, in the bubble's time, and demands the reason.
func endsWithin(t *testing.T, s *moq.Session, d time.Duration, want error) {
	t.Helper()
	begin := time.Now()
	select {
	case <-s.Done():
	case <-time.After(d):
		t.Fatalf("still open after %s", d)
	}
	require.ErrorIs(t, s.Err(), want, "after %s", time.Since(begin))
}

func TestSessionSaysWhoseItIs(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, mint func(...string) string) {
		v := w.verifier(t, realTime)
		s := admit(t, v, mint(`"publish",`, ""))
		require.Equal(t, relay, s.Relay)
		require.Equal(t, jti, s.ID)
		require.Equal(t, []moq.Operation{moq.Subscribe}, s.Operations)
		require.Equal(t, time.Now().Unix()+3600, s.Expires.Unix())
		require.True(t, s.Allows(moq.Subscribe))
		require.False(t, s.Allows(moq.Publish))
		require.False(t, s.Allows("*"))
		open(t, s)
		s.Close()
		require.ErrorIs(t, s.Err(), moq.ErrSessionClosed)
		<-s.Done()
		s.Close()

		var none *moq.Session
		require.False(t, none.Allows(moq.Publish))
		var zero moq.Session
		zero.Close()
		require.False(t, zero.Allows(moq.Publish))
		require.Nil(t, moq.SessionFrom(context.Background()))
	})
}

// TestSessionEnds: revoked, expired, key taken away or replaced, or not known for a second.
func TestSessionEnds(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*world)
		silent bool // nobody is told
		within time.Duration
		want   error
	}{
		"revoked":                   {func(w *world) { clear(w.accepted) }, false, 2 * time.Millisecond, streamtoken.ReasonTokenRevoked},
		"revoked in silence":        {func(w *world) { clear(w.accepted) }, true, 1001 * time.Millisecond, streamtoken.ReasonTokenRevoked},
		"key gone":                  {func(w *world) { delete(w.keys, kidA) }, false, 2 * time.Millisecond, streamtoken.ReasonKeyUnknown},
		"key replaced":              {func(w *world) { w.keys[kidA] = public("b") }, false, 2 * time.Millisecond, streamtoken.ReasonKeyUnknown},
		"lease over":                {func(w *world) { w.err = errLease }, false, 1002 * time.Millisecond, streamtoken.ReasonRevocationsUnavailable},
		"lease over in silence":     {func(w *world) { w.err = errLease }, true, 2002 * time.Millisecond, streamtoken.ReasonRevocationsUnavailable},
		"no keys to be had":         {func(w *world) { w.keysErr = errors.New("gone") }, false, 1002 * time.Millisecond, streamtoken.ReasonKeysUnavailable},
		"expired":                   {func(*world) {}, true, time.Hour + time.Millisecond, streamtoken.ReasonTokenExpired},
		"expired, told of the rest": {func(*world) {}, false, time.Hour + time.Millisecond, streamtoken.ReasonTokenExpired},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world, mint func(...string) string) {
				v := w.verifier(t, realTime)
				s, twin := admit(t, v, mint()), admit(t, v, mint())
				other := admit(t, w.other(t, mint), mint()) // a verifier of another world
				open(t, s)
				if c.silent {
					w.quietly(c.change)
				} else {
					w.change(c.change)
				}
				endsWithin(t, s, c.within, c.want)
				endsWithin(t, twin, c.within, c.want)
				if c.want != streamtoken.ReasonTokenExpired {
					open(t, other)
				}
				var refusal *streamtoken.Refusal
				require.ErrorAs(t, s.Err(), &refusal)
				require.Equal(t, relay, refusal.Subject)
				s.Close() // after the end: nothing
				require.ErrorIs(t, s.Err(), c.want)
				other.Close()
			})
		})
	}
}

// other gives a verifier of a world that stays as it is.
func (w *world) other(t *testing.T, _ func(...string) string) *moq.Verifier {
	t.Helper()
	return newWorld().verifier(t, realTime)
}

// TestSessionOutlivesAnEmptyMoment: an error that does not last, and a change that is none, end nothing.
func TestSessionOutlivesAnEmptyMoment(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, mint func(...string) string) {
		s := admit(t, w.verifier(t, realTime), mint())
		for range 20 {
			w.change(func(w *world) { w.err = errLease })
			for range 9 {
				time.Sleep(100 * time.Millisecond)
				w.change(func(*world) {}) // looked at again, and still not known
				open(t, s)
			}
			w.change(func(w *world) { w.err = nil })
			time.Sleep(10 * time.Millisecond)
			w.change(func(*world) {})
			open(t, s)
		}
		s.Close()
	})
}

// TestRestlessSource: a channel that is always closed, and one that never closes, are no reason to spin.
func TestRestlessSource(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, mint func(...string) string) {
		closed := make(chan struct{})
		close(closed)
		w.changed = closed
		s := admit(t, w.verifier(t, realTime), mint())
		time.Sleep(time.Second)
		w.quietly(func(w *world) { require.Less(t, w.asked, 1100); w.changed = nil })
		time.Sleep(time.Second)
		w.quietly(func(w *world) { w.asked = 0 })
		time.Sleep(10 * time.Second)
		w.quietly(func(w *world) { require.InDelta(t, 10, w.asked, 1); clear(w.accepted) })
		endsWithin(t, s, 1001*time.Millisecond, streamtoken.ReasonTokenRevoked)
	})
}

// TestOneExaminationForOneToken: the work of a change is that of the tokens in use, however many sessions they opened.
func TestOneExaminationForOneToken(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, mint func(...string) string) {
		v := w.verifier(t, realTime)
		var list []*moq.Session
		for range 1000 {
			list = append(list, admit(t, v, mint()))
		}
		synctest.Wait()
		w.quietly(func(w *world) { w.asked = 0 })
		w.change(func(*world) {})
		time.Sleep(5 * time.Millisecond)
		w.quietly(func(w *world) { require.Equal(t, 1, w.asked) })
		w.change(func(w *world) { clear(w.accepted) })
		for _, s := range list {
			endsWithin(t, s, 2*time.Millisecond, streamtoken.ReasonTokenRevoked)
		}
	})
}

// TestMaxSessions bounds what is held, and what ends makes room.
func TestMaxSessions(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, mint func(...string) string) {
		v := w.verifier(t, realTime, func(cfg *moq.VerifierConfig) { cfg.MaxSessions = 2 })
		first, second := admit(t, v, mint()), admit(t, v, mint())
		_, err := v.Admit(context.Background(), mint())
		require.ErrorIs(t, err, streamtoken.ReasonVerifierBusy)
		first.Close()
		third := admit(t, v, mint())
		w.change(func(w *world) { clear(w.accepted) })
		endsWithin(t, second, 2*time.Millisecond, streamtoken.ReasonTokenRevoked)
		endsWithin(t, third, 2*time.Millisecond, streamtoken.ReasonTokenRevoked)
		_, err = v.Admit(context.Background(), mint())
		require.ErrorIs(t, err, streamtoken.ReasonTokenRevoked)
		w.change(func(w *world) { w.accepted[[2]string{relay, jti}] = true })
		for range 2 {
			defer admit(t, v, mint()).Close()
		}
		_, err = v.Admit(context.Background(), mint())
		require.ErrorIs(t, err, streamtoken.ReasonVerifierBusy)
	})
}

// TestExpiryWakes: a session whose token ends before the next examination is due ends in time all the same.
func TestExpiryWakes(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, mint func(...string) string) {
		v := w.verifier(t, realTime)
		time.Sleep(200 * time.Millisecond)
		long := admit(t, v, mint()) // examined at 0.2 s, 1.2 s, 2.2 s
		time.Sleep(1100 * time.Millisecond)
		short := admit(t, v, mint("2000003600", fmt.Sprint(time.Now().Unix()+1)))
		endsWithin(t, short, 701*time.Millisecond, streamtoken.ReasonTokenExpired)
		open(t, long)
		long.Close()
	})
}

// TestSessionHistories: over random openings, closings and changes, every session is open exactly as long as its token is
// good, and nothing is left over.
func TestSessionHistories(t *testing.T) {
	for seed := range uint64(20) {
		inBubble(t, func(t *testing.T, w *world, mint func(...string) string) {
			rnd := rand.New(rand.NewPCG(seed, 2))
			v := w.verifier(t, realTime)
			type opened struct {
				s      *moq.Session
				id     string
				end    time.Time
				closed bool
			}
			var list []*opened
			for range 300 {
				id := fmt.Sprintf("%032x", rnd.IntN(5))
				pair := [2]string{relay, id}
				switch rnd.IntN(6) {
				case 0, 1, 2:
					end := time.Now().Unix() + 1 + int64(rnd.IntN(40))
					s, err := v.Admit(context.Background(), mint(jti, id, "2000003600", fmt.Sprint(end)))
					require.Equal(t, w.accepted[pair], err == nil, "%v", err)
					if err == nil {
						list = append(list, &opened{s: s, id: id, end: time.Unix(end, 0)})
					}
				case 3:
					w.change(func(w *world) { w.accepted[pair] = rnd.IntN(2) == 0 })
				case 4:
					if len(list) > 0 {
						o := list[rnd.IntN(len(list))]
						o.s.Close()
						o.closed = true
					}
				case 5:
					time.Sleep(time.Duration(rnd.IntN(3000)) * time.Millisecond)
				}
				time.Sleep(5 * time.Millisecond) // what was changed has been noticed
				synctest.Wait()
				kept := list[:0]
				for _, o := range list {
					good := !o.closed && w.accepted[[2]string{relay, o.id}] && time.Now().Before(o.end)
					require.Equal(t, good, o.s.Err() == nil, "%v", o.s.Err())
					if good {
						kept = append(kept, o)
					}
				}
				list = kept
			}
			for _, o := range list {
				o.s.Close()
			}
			synctest.Wait()
			require.Zero(t, moq.OpenSessions(v))
		})
	}
}

// TestRevocationBetween: a token that is taken back after it was verified, and before anybody would be told, opens no session.
func TestRevocationBetween(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, mint func(...string) string) {
		w.accepted[[2]string{relay, relay}] = true
		v := w.verifier(t, realTime)
		other := admit(t, v, mint(jti, relay)) // so that the change is noticed, and done with, before the session is there
		synctest.Wait()
		w.quietly(func(w *world) {
			w.hook = func() {
				w.change(func(w *world) { w.hook = nil; delete(w.accepted, [2]string{relay, jti}) })
				time.Sleep(10 * time.Millisecond)
			}
		})
		s, err := v.Admit(context.Background(), mint())
		require.Nil(t, s)
		require.ErrorIs(t, err, streamtoken.ReasonTokenRevoked)
		open(t, other)
		require.Equal(t, 1, moq.OpenSessions(v))
		other.Close()
	})
}

// TestClosedWhileExamined: a session that is closed while its token is found to be revoked is taken out once.
func TestClosedWhileExamined(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, mint func(...string) string) {
		w.accepted[[2]string{relay, relay}] = true
		v := w.verifier(t, realTime)
		other, s := admit(t, v, mint(jti, relay)), admit(t, v, mint())
		synctest.Wait()
		w.change(func(w *world) {
			delete(w.accepted, [2]string{relay, jti})
			w.hook = s.Close
		})
		time.Sleep(10 * time.Millisecond)
		w.quietly(func(w *world) { w.hook = nil })
		require.ErrorIs(t, s.Err(), moq.ErrSessionClosed)
		open(t, other)
		require.Equal(t, 1, moq.OpenSessions(v))
		other.Close()
		synctest.Wait()
		require.Zero(t, moq.OpenSessions(v))
	})
}
