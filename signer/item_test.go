package signer_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/signer"
)

// TestSignAllOwnClaims: a sequence may use its access rules again for the next token, and change them whenever it has them.
func TestSignAllOwnClaims(t *testing.T) {
	engines(t, func(t *testing.T, s *signer.Signer) {
		const n = 1000
		rules := fiveRules()
		spoiled := []accessrules.Rule{{Type: "spoiled", IP: []string{"spoiled"}, Country: []string{"spoiled"}}}
		i := 0
		fill := func() streamtoken.Claims {
			copy(rules, fiveRules())
			rules[1].IP = append(rules[1].IP[:0], "192.0.2."+strconv.Itoa(i%256), "2001:db8::"+strconv.Itoa(i))
			rules[0].Country = append(rules[0].Country[:0], []string{"de", "FR", "us"}[i%3])
			c := streamtoken.Claims{Subject: subject(i), AccessRules: rules[:i%6]}
			if i%50 == 49 { // too many, and far too long
				c.AccessRules = slices.Repeat(rules, 2)
			}
			if i%50 == 7 {
				c.AccessRules = []accessrules.Rule{{Type: accessrules.TypeIP, Action: accessrules.Allow, IP: slices.Repeat(rules[1].IP, 5000)}}
			}
			i++
			return c
		}
		want := make([]pair, n)
		for k := range want {
			token, err := s.Sign(fill())
			want[k] = pair{token, err}
		}
		i = 0
		got := gather(s, func(yield func(streamtoken.Claims) bool) {
			for range n {
				c := fill()
				if !yield(c) {
					return
				}
				for k := range c.AccessRules {
					for j := range c.AccessRules[k].IP {
						c.AccessRules[k].IP[j] = "spoiled"
					}
					for j := range c.AccessRules[k].Country {
						c.AccessRules[k].Country[j] = "spoiled"
					}
					copy(c.AccessRules[k:], spoiled)
				}
			}
		})
		require.Equal(t, want, got)
	})
}
