package accessrules_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/stretchr/testify/require"
)

// source makes rules and viewers out of arbitrary bytes, zero when they are used up.
type source struct{ data []byte }

func (s *source) byte() byte {
	if len(s.data) == 0 {
		return 0
	}
	b := s.data[0]
	s.data = s.data[1:]
	return b
}

func (s *source) intn(n int) int { return int(s.byte()) % n }

// addr leans to few distinct bits, so that ranges nest and viewers meet them.
func (s *source) addr() netip.Addr {
	var b [16]byte
	switch s.intn(6) {
	case 0, 1:
		return netip.AddrFrom4([4]byte{10, s.byte(), s.byte() & 3, s.byte()})
	case 2:
		return netip.AddrFrom16(netip.AddrFrom4([4]byte{10, s.byte(), 0, s.byte() & 15}).As16())
	case 3:
		for i := range b {
			b[i] = s.byte()
		}
	case 4:
		binary.BigEndian.PutUint64(b[:], 0x20010db8_00000000|uint64(s.byte()))
		b[15] = s.byte()
	case 5:
		b[10], b[11], b[15] = 0xff, 0xfe|s.byte()&1, s.byte()
	}
	return netip.AddrFrom16(b)
}

func (s *source) entry() string {
	a := s.addr()
	text := a.String()
	if a.Is6() && s.intn(8) == 0 {
		text += "%eth0"
	}
	switch s.intn(3) {
	case 0:
		return text
	case 1:
		return fmt.Sprintf("%s/%d", text, s.intn(a.BitLen()+1))
	}
	return fmt.Sprintf("%s/%d", text, a.BitLen()-s.intn(9))
}

var someCountries = []string{"US", "us", "DE", "FR", "XX", "T1", "ZZ", "AA", "gb", "JP"}

// nearby are the countries of someCountries, and others whose numbers differ from theirs in few bits.
var nearby = func() (list []string) {
	list = append(list, someCountries...)
	for _, a := range "DFGJU" {
		for b := 'A'; b <= 'Z'; b++ {
			list = append(list, string([]rune{a, b}))
		}
	}
	return list
}()

func (s *source) rules() []accessrules.Rule {
	rules := make([]accessrules.Rule, s.intn(7))
	for i := range rules {
		r := &rules[i]
		r.Action = []accessrules.Action{accessrules.Allow, accessrules.Block}[s.intn(2)]
		switch s.intn(8) {
		case 0:
			r.Type = accessrules.TypeAny
		case 1: // one to forty, by chance listed and by chance a set
			r.Type = accessrules.TypeCountry
			for range 1 + s.intn(40) {
				r.Country = append(r.Country, nearby[s.intn(len(nearby))])
			}
		case 2, 3:
			r.Type = accessrules.TypeCountry
			for range 1 + s.intn(6) {
				r.Country = append(r.Country, someCountries[s.intn(len(someCountries))])
			}
		case 4, 5:
			r.Type = accessrules.TypeIP
			for range 1 + s.intn(6) {
				r.IP = append(r.IP, s.entry())
			}
		default: // many, out of a seed: more than fuzzed bytes would give
			r.Type = accessrules.TypeIP
			rnd := rand.New(rand.NewPCG(uint64(s.byte()), uint64(s.byte())))
			for range 13 + rnd.IntN(200) {
				seeded := &source{binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, rnd.Uint64()), rnd.Uint64())}
				r.IP = append(r.IP, seeded.entry())
			}
		}
	}
	return rules
}

func (s *source) viewer(rules []accessrules.Rule) accessrules.Viewer {
	var v accessrules.Viewer
	switch s.intn(8) {
	case 0:
	case 1, 2, 3: // at or beside an edge of some range
		v.Addr = s.addr()
		for _, r := range rules {
			if r.Type == accessrules.TypeIP && s.intn(2) == 0 {
				p := naivePrefix(r.IP[s.intn(len(r.IP))])
				v.Addr = p.Addr()
				if s.intn(2) == 0 {
					v.Addr = last(p)
				}
				switch s.intn(4) {
				case 0:
					v.Addr = v.Addr.Prev()
				case 1:
					v.Addr = v.Addr.Next()
				}
				break
			}
		}
	default:
		v.Addr = s.addr()
	}
	if v.Addr.Is4() && s.intn(4) == 0 {
		v.Addr = netip.AddrFrom16(v.Addr.As16())
	}
	if v.Addr.Is6() && s.intn(4) == 0 {
		v.Addr = v.Addr.WithZone("en1")
	}
	countries := []accessrules.Country{accessrules.CountryUnavailable, accessrules.CountryUnknown, 700, 65535}
	for _, c := range someCountries {
		countries = append(countries, accessrules.ParseCountry(c))
	}
	v.Country = countries[s.intn(len(countries))]
	if s.intn(2) == 0 {
		answer := countries[s.intn(len(countries))]
		v.Country = accessrules.CountryUnavailable
		v.Locate = func(netip.Addr) accessrules.Country { return answer }
	}
	return v
}

func last(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// checkDifferential holds the compiled Set against the naive evaluator, Explain against Decide, and minted rules against the ones they were minted from.
func checkDifferential(t *testing.T, data []byte) {
	s := &source{data}
	rules := s.rules()
	set, err := accessrules.Compile(rules)
	require.NoError(t, err, "%q", rules)
	again, err := accessrules.Parse(accessrules.AppendJSON(nil, rules))
	require.NoError(t, err, "%q", rules)
	minted, err := accessrules.Compile(again)
	require.NoError(t, err)
	findings := accessrules.Lint(rules)
	for range 8 {
		v := s.viewer(rules)
		asked := 0
		if locate := v.Locate; locate != nil {
			v.Locate = func(a netip.Addr) accessrules.Country {
				asked++
				if a.Is4In6() || a.Zone() != "" || !a.IsValid() {
					t.Fatalf("asked for the country of %v", a)
				}
				return locate(a)
			}
		}
		want := naive(rules, v)
		asked = 0
		got := set.Decide(v)
		require.LessOrEqual(t, asked, 1, "Locate in Decide")
		if got != want {
			t.Fatalf("Decide gives %+v, reference %+v\nrules %q\nviewer %v %v", got, want, rules, v.Addr, v.Country)
		}
		asked = 0
		explained, all := set.Explain(v)
		require.LessOrEqual(t, asked, 1, "Locate in Explain")
		require.Equal(t, got, explained, "Explain")
		checkExplanation(t, rules, v, got, all)
		require.Equal(t, got, minted.Decide(v), "the minted form")
		checkFindings(t, rules, findings, got)
	}
}

// checkExplanation holds each rule's verdict against that of the reference for the rule alone.
func checkExplanation(t *testing.T, rules []accessrules.Rule, v accessrules.Viewer, verdict accessrules.Verdict, all []accessrules.RuleVerdict) {
	require.Len(t, all, len(rules))
	for i, rv := range all {
		alone := naive(rules[i:i+1], v)
		want := accessrules.ResultMatch
		switch {
		case alone.Missing != accessrules.MissingNothing:
			want = accessrules.ResultUnavailable
		case alone.Rule < 0:
			want = accessrules.ResultNoMatch
		}
		require.Equal(t, want, rv.Result, "rule %d of %q, %v", i, rules, v)
		require.Equal(t, i == verdict.Rule, rv.Decided)
		require.Equal(t, i, rv.Rule)
		require.Equal(t, rules[i].Type, rv.Type)
		require.Equal(t, rules[i].Action, rv.Action)
		require.NotEmpty(t, rv.Detail)
	}
}

// checkFindings holds what Lint promises of every viewer against one verdict. A viewer of whom a fact is missing is outside of the promise.
func checkFindings(t *testing.T, rules []accessrules.Rule, findings []accessrules.Finding, got accessrules.Verdict) {
	if got.Missing != accessrules.MissingNothing {
		return
	}
	for _, f := range findings {
		switch f.Code {
		case accessrules.CodeUnreachable, accessrules.CodeCovered, accessrules.CodeDuplicateRule:
			if got.Rule == f.Rule {
				t.Fatalf("rule %d decided, for all that %s: %s\n%q", f.Rule, f.Code, f.Message, rules)
			}
		case accessrules.CodeAllowsEverybody:
			require.True(t, got.Allowed(), "%q", rules)
		case accessrules.CodeBlocksEverybody:
			require.False(t, got.Allowed(), "%q", rules)
		}
	}
}

func FuzzDecide(f *testing.F) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 64 {
		b := make([]byte, 200)
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		f.Add(b)
	}
	f.Fuzz(checkDifferential)
}

func TestDecideAgainstReference(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		b := make([]byte, 250)
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		checkDifferential(t, b)
	}
}
