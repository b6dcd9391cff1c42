package signer

import (
	"slices"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
)

// item is a place in a ring, with what is in it.
type item struct {
	claims streamtoken.Claims
	token  string
	err    error
	done   bool

	// What claims.AccessRules are copied to, used again and again.
	rules []accessrules.Rule
	lists []string
}

// maxLists bounds what is kept for the next copy: more do not fit into a token.
const maxLists = streamtoken.MaxTokenBytes / 4

// set begins anew with a copy of c. A sequence may well change one rule again and again, such as the address of the one
// viewer that it is for; tokens that are made later must not get that of another.
func (it *item) set(c streamtoken.Claims) {
	rules, lists := it.rules[:0], it.lists[:0]
	if len(c.AccessRules) <= streamtoken.MaxAccessRules { // more are refused unread
		n := 0
		for i := range c.AccessRules {
			n += len(c.AccessRules[i].IP) + len(c.AccessRules[i].Country)
		}
		rules, lists = append(rules, c.AccessRules...), slices.Grow(lists, n)
		for i := range rules {
			lists = keep(lists, &rules[i].IP)
			lists = keep(lists, &rules[i].Country)
		}
		c.AccessRules = rules
	}
	*it = item{claims: c, rules: rules, lists: lists}
	if cap(lists) > maxLists {
		it.lists = nil
	}
}

// keep copies list behind lists, and leaves it there.
func keep(lists []string, list *[]string) []string {
	n := len(lists)
	lists = append(lists, *list...)
	*list = lists[n:len(lists):len(lists)]
	return lists
}
