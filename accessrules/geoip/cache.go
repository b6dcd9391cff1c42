package geoip

import (
	"encoding/binary"
	"net/netip"
	"sync/atomic"

	"github.com/streamtoken/streamtoken/accessrules"
)

const (
	cacheBits = 14 // 16384 addresses in 512 KiB
	memoBits  = 12 // 4096 entries in 32 KiB
	mix       = 0x9e3779b97f4a7c15
)

// key is an address as two words. IPv4 takes the v4-mapped form, which no IPv6 address has once it is unmapped.
type key struct{ hi, lo uint64 }

func keyOf(addr netip.Addr) key {
	if addr.Is4() {
		b := addr.As4()
		return key{0, 0xffff<<32 | uint64(binary.BigEndian.Uint32(b[:]))}
	}
	b := addr.As16()
	return key{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

// cache remembers the country of addresses, one in each slot, the latest. The whole address is compared, so that addresses a
// stranger chose to share a slot cost each other a lookup and never an answer. Readers and writers take no lock: a slot is
// written under a sequence number that is odd meanwhile, and a reader that saw it change has seen nothing.
type cache [1 << cacheBits]slot

type slot struct {
	state  atomic.Uint64 // sequence << 16 | country; sequence 0: never written
	hi, lo atomic.Uint64
	_      uint64 // two slots to a cache line, none across two
}

func (c *cache) slot(k key) *slot {
	return &c[((k.hi*mix)^k.lo)*mix>>(64-cacheBits)]
}

func (c *cache) get(k key) (accessrules.Country, bool) {
	s := c.slot(k)
	state := s.state.Load()
	hi, lo := s.hi.Load(), s.lo.Load()
	if state>>16 == 0 || state>>16&1 == 1 || hi != k.hi || lo != k.lo || s.state.Load() != state {
		return 0, false
	}
	return accessrules.Country(state), true
}

func (c *cache) put(k key, country accessrules.Country) {
	s := c.slot(k)
	state := s.state.Load()
	seq := state >> 16
	if seq&1 == 1 || !s.state.CompareAndSwap(state, (seq+1)<<16) {
		return // another writer is at it: its answer is as good to keep
	}
	s.hi.Store(k.hi)
	s.lo.Store(k.lo)
	s.state.Store((seq+2)<<16 | uint64(country))
}

// memo remembers the country of database entries by their offset, in one word: (offset + 1) << 16 | country. Offsets stay
// below MaxBytes.
type memo [1 << memoBits]atomic.Uint64

func (m *memo) slot(entry uint64) *atomic.Uint64 { return &m[entry*mix>>(64-memoBits)] }

func (m *memo) get(entry uint64) (accessrules.Country, bool) {
	v := m.slot(entry).Load()
	return accessrules.Country(v), v>>16 == entry+1
}

func (m *memo) put(entry uint64, c accessrules.Country) {
	m.slot(entry).Store((entry+1)<<16 | uint64(c))
}
