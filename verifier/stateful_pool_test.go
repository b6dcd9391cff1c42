package verifier_test

import (
	"crypto/rsa"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
)

// pooled is a token and all that a plain mind has to know to judge it.
type pooled struct {
	token    string
	kid      string
	signer   int // index in materials
	sub      string
	exp, nbf int64 // nbf 0: none

	form    streamtoken.Reason // of its form or header, judged before anything else
	claims  bool               // claims_invalid
	unknown bool               // has a claim that is not known
	digest  string
}

// materials are the private keys by which ids may go.
var materials = [...]string{"a", "b", "c"}

// kids are the ids of keys that come and go; the first three tokens of newPool's list of families are theirs.
var kids = [...]string{kidA, kidB, kidC}

const now = 1_800_000_000 // as at

// newPool signs the tokens of FuzzHistory, long enough for a small memory to be full of them.
func newPool(t testing.TB) (pool []pooled) {
	var private [len(materials)]*rsa.PrivateKey
	for i, name := range materials {
		private[i] = testKey(t, name)
	}
	add := func(p pooled, head, payload string) {
		p.token = sign(t, private[p.signer], head, payload)
		p.digest = digestOf(p.token)
		pool = append(pool, p)
	}
	filled := func(kid string, n int) string {
		return `{"alg":"RS256","kid":"` + kid + `","x":"` + strings.Repeat("A", n) + `"}`
	}
	plain := func(kid, signer int, sub string, exp int, more string) {
		p := pooled{kid: kids[kid], signer: signer, sub: sub, exp: now + int64(exp)}
		add(p, filled(p.kid, max(0, 700-len(more))), fmt.Sprintf(`{"sub":"%s","exp":%d%s}`, sub, p.exp, more))
	}
	timed := func(kid int, sub string, exp, nbf int) {
		p := pooled{kid: kids[kid], signer: kid, sub: sub, exp: now + int64(exp), nbf: now + int64(nbf)}
		add(p, filled(p.kid, 700), fmt.Sprintf(`{"nbf":"%d","sub":"%s","exp":"%d"}`, p.nbf, sub, p.exp))
	}
	for kid := range kids { // seven of each
		plain(kid, kid, "v", 3600, `,"accessRules":`+fiveRules)
		plain(kid, kid, "w", 1, `,"accessRules":[{"type":"any","action":"block"}]`)
		plain(kid, kid, "w", 86700, `,"downloadable":true,"kid":"`+kids[kid]+`"`)
		plain(kid, kid, "v", 86701, ``)
		plain(kid, kid, "w", -10, `,"accessRules":[{"type":"any","action":"allow"}]`)
		timed(kid, "v", 10, 5)
		timed(kid, "x", 3600, -3600)
	}
	for _, cross := range [][2]int{{0, 1}, {0, 2}, {1, 0}, {2, 0}} { // good once a key is replaced
		plain(cross[0], cross[1], "v", 3600, `,"accessRules":`+fiveRules)
	}
	for i := range 4 {
		plain(0, 0, "v", 3601+i, ``)
	}
	add(pooled{kid: "stranger", sub: "v", exp: now + 3600}, header("stranger"), `{"sub":"v","exp":1800003600}`)
	add(pooled{kid: kidA, claims: true}, header(kidA), `{"exp":1800003600}`)
	add(pooled{kid: kidA, claims: true}, header(kidA), `{"sub":"v","exp":1800003600,"kid":"`+kidB+`"}`)
	add(pooled{kid: kidA, claims: true}, header(kidA), `{"sub":"v","exp":1800003600,"accessRules":[{"type":"any"}]}`)
	add(pooled{kid: kidA, sub: "v", exp: now + 3600, unknown: true}, header(kidA), `{"sub":"v","exp":1800003600,"x":null}`)
	add(pooled{form: streamtoken.ReasonHeaderInvalid}, `{"alg":"RS256","kid":"`+kidA+`","crit":[]}`, `{"sub":"v","exp":1800003600}`)
	add(pooled{form: streamtoken.ReasonAlgNotAllowed}, `{"alg":"none","kid":"`+kidA+`"}`, `{"sub":"v","exp":1800003600}`)
	add(pooled{kid: kidA, sub: "v", exp: now + 3600}, filled(kidA, 5730), `{"sub":"v","exp":1800003600}`)
	add(pooled{form: streamtoken.ReasonTokenTooLarge}, filled(kidA, 5900), `{"sub":"v","exp":1800003600}`)
	for _, text := range []string{"", "a.b.c", "AA.AA", strings.Repeat(".", 500)} {
		pool = append(pool, pooled{token: text, form: streamtoken.ReasonTokenMalformed, digest: digestOf(text)})
	}
	return pool
}

// TestHistoryPool: the pool's own judgement is that of the plain reference,
// for every token, at several moments and with the keys exchanged.
func TestHistoryPool(t *testing.T) {
	pool := newPool(t)
	for _, turn := range []int{0, 1, 2} {
		keys, held := map[string]*rsa.PublicKey{}, map[string]int{}
		for i, kid := range kids {
			held[kid] = (i + turn) % len(materials)
			keys[kid] = &testKey(t, materials[held[kid]]).PublicKey
		}
		if turn == 2 {
			delete(keys, kidB)
			delete(held, kidB)
		}
		for _, offset := range []time.Duration{-48 * time.Hour, -11 * time.Second, -1, 0, time.Second - 1, time.Second, 5 * time.Second, time.Hour, 25 * time.Hour} {
			m := model{keys: held, now: at.Add(offset)}
			ref := reference{keys: keys, now: m.now}
			for i, p := range pool {
				require.Equal(t, ref.verify(p.token), m.judge(p), "token %d at %s, keys turned by %d", i, offset, turn)
			}
		}
	}
}

// model is the state of the world in FuzzHistory, and the obvious judgement.
type model struct {
	keys          map[string]int // index in materials by id
	keysFailed    bool
	now           time.Time
	leeway        time.Duration
	refuseUnknown bool
	revoked       []streamtoken.Revocation
	revokedFailed bool
}

func (m *model) judge(p pooled) streamtoken.Reason {
	held, ok := m.keys[p.kid]
	exp, nbf := time.Unix(p.exp, 0), time.Unix(p.nbf, 0)
	switch {
	case p.form != "":
		return p.form
	case m.keysFailed:
		return streamtoken.ReasonKeysUnavailable
	case !ok:
		return streamtoken.ReasonKeyUnknown
	case held != p.signer:
		return streamtoken.ReasonSignatureInvalid
	case p.claims || p.unknown && m.refuseUnknown:
		return streamtoken.ReasonClaimsInvalid
	case !m.now.Before(exp.Add(m.leeway)):
		return streamtoken.ReasonTokenExpired
	case p.nbf != 0 && m.now.Before(nbf.Add(-m.leeway)):
		return streamtoken.ReasonTokenNotYetValid
	case exp.Sub(m.now) > 24*time.Hour+5*time.Minute:
		return streamtoken.ReasonLifetimeTooLong
	case m.revokedFailed:
		return streamtoken.ReasonRevocationsUnavailable
	}
	for _, r := range m.revoked {
		if (r.Until.IsZero() || m.now.Before(r.Until)) && (r.KeyID == p.kid || r.Subject == p.sub || r.Digest == p.digest) {
			return streamtoken.ReasonTokenRevoked
		}
	}
	return ""
}
