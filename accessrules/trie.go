package accessrules

import (
	"math/bits"
	"unsafe"
)

// trie finds in a few steps whether one of many disjoint prefixes contains a key. A node skips the bits all its prefixes have in common
// and takes as many of the next as it has prefixes, so that its table has about one slot for each: evenly spread prefixes are
// found at once, nested clusters by one more step each. Its memory is bounded by the prefixes, not by their lengths.
type trie struct {
	root  node
	nodes []node
	slots []uint32
	leafs []prefix // the prefixes themselves, sorted; slots refer to runs of them
}

// node is a table of slots over some bits of a key, for the keys that begin as net does.
type node struct {
	prefix        // what all keys below have in common
	table  uint32 // its first slot
	skip   uint8  // the number of bits in common
	shift  uint8  // 64 - the number of bits that choose the slot
}

// A slot is one of these, or an index shifted above one of these tags.
const (
	slotOut  = 0 // no prefix here
	slotIn   = 1 // inside a prefix, whatever the remaining bits are
	tagNode  = 2 // index into nodes
	tagLeaf  = 3 // index into leafs of a run of one to leafMax prefixes, the length less one in leafLen bits
	tagBits  = 2
	leafLen  = 2
	leafMax  = 1 << leafLen
	slotBits = 16 // most bits a node takes: 256 KiB of slots

	trieMax = 1 << 26 // prefixes, far within what a slot can refer to
)

// newTrie builds from prefixes as outermost leaves them, at least two and at most trieMax; it keeps them.
func newTrie(list []prefix) *trie {
	t := &trie{leafs: list}
	t.root = t.build(0, len(list))
	return t
}

// build makes the node of leafs[from:to].
func (t *trie) build(from, to int) node {
	first, last := &t.leafs[from], &t.leafs[to-1]
	skip := min(commonBits(first.net, last.net), first.bits(), last.bits())
	// Sorted and disjoint, all between the first and the last share what these two share. A single prefix is all in common.
	width := min(bits.Len(uint(to-from)), slotBits, 128-skip)
	n := node{prefix: prefixOf(first.net, skip), table: uint32(len(t.slots)), skip: uint8(skip), shift: uint8(64 - width)}
	t.slots = append(t.slots, make([]uint32, 1<<width)...)
	for i := from; i < to; {
		p := &t.leafs[i]
		s := p.net.window(n.skip, n.shift)
		if spare := skip + width - p.bits(); spare >= 0 {
			for j := range 1 << spare {
				t.slots[int(n.table)+int(s)+j] = slotIn
			}
			i++
			continue
		}
		run := i + 1
		for run < to && t.leafs[run].net.window(n.skip, n.shift) == s {
			run++
		}
		if run-i <= leafMax {
			t.slots[int(n.table)+int(s)] = (uint32(i)<<leafLen|uint32(run-i-1))<<tagBits | tagLeaf
		} else {
			child := t.build(i, run)
			t.slots[int(n.table)+int(s)] = uint32(len(t.nodes))<<tagBits | tagNode
			t.nodes = append(t.nodes, child)
		}
		i = run
	}
	return n
}

// bytes gives the memory of t beside the prefixes; 0 for nil.
func (t *trie) bytes() int {
	if t == nil {
		return 0
	}
	return int(unsafe.Sizeof(*t)) + cap(t.nodes)*int(unsafe.Sizeof(node{})) + cap(t.slots)*int(unsafe.Sizeof(uint32(0)))
}

func (t *trie) contains(k key) bool {
	for n := &t.root; n.prefix.contains(k); {
		s := t.slots[uint64(n.table)+k.window(n.skip, n.shift)]
		switch s & (1<<tagBits - 1) {
		case slotOut:
			return false
		case slotIn:
			return true
		case tagLeaf:
			i := s >> (tagBits + leafLen)
			for run := t.leafs[i : i+s>>tagBits&(leafMax-1)+1]; len(run) > 0; run = run[1:] {
				if run[0].contains(k) {
					return true
				}
			}
			return false
		}
		n = &t.nodes[s>>tagBits]
	}
	return false
}

// window gives the 64-shift bits of k behind the first skip. skip is at most 127, shift 1 to 63.
func (k key) window(skip, shift uint8) uint64 {
	w := k.lo << (skip & 63)
	if skip < 64 {
		w = k.hi<<(skip&63) | k.lo>>1>>(^skip&63)
	}
	return w >> (shift & 63)
}

// commonBits counts the leading bits in which a and b agree.
func commonBits(a, b key) int {
	if a.hi != b.hi {
		return bits.LeadingZeros64(a.hi ^ b.hi)
	}
	return 64 + bits.LeadingZeros64(a.lo^b.lo)
}
