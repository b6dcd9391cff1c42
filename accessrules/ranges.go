package accessrules

import (
	"cmp"
	"slices"
	"unsafe"
)

// flatMax is how many prefixes are compared one by one, in the code. A token's rules stay below it and cost nothing to build; above it the
// trie is faster.
const flatMax = 12

// ranges is the prefixes of one family in one rule that has more than flatMax of them.
type ranges struct {
	flat []prefix // sorted, without those inside another
	trie *trie    // nil if few are left, or more than it can take
}

// makeRanges takes list over.
func makeRanges(list []prefix) ranges {
	list = outermost(list)
	if len(list) <= flatMax || len(list) > trieMax {
		return ranges{flat: list}
	}
	return ranges{flat: list, trie: newTrie(list)}
}

func (r *ranges) contains(k key) bool {
	if r.trie != nil {
		return r.trie.contains(k)
	}
	for i := range r.flat {
		if r.flat[i].contains(k) {
			return true
		}
	}
	return false
}

// bytes gives the memory of r beside itself.
func (r *ranges) bytes() int { return cap(r.flat)*int(unsafe.Sizeof(prefix{})) + r.trie.bytes() }

// outermost sorts list in place and drops the prefixes that lie inside another.
func outermost(list []prefix) []prefix {
	slices.SortFunc(list, func(p, q prefix) int {
		if p.net != q.net {
			return p.net.compare(q.net)
		}
		return p.mask.compare(q.mask) // of two that begin alike, the wider first
	})
	kept := list[:0]
	for i := range list {
		// Prefixes nest or are disjoint: what lies inside an earlier one lies inside the last one kept.
		if n := len(kept); n == 0 || !kept[n-1].contains(list[i].net) {
			kept = append(kept, list[i])
		}
	}
	return kept
}

func (k key) compare(o key) int {
	if k.hi != o.hi {
		return cmp.Compare(k.hi, o.hi)
	}
	return cmp.Compare(k.lo, o.lo)
}
