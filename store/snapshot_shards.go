package store

import (
	"hash/maphash"
	"maps"
	"sync/atomic"
)

const shardCount = 512 // a power of two

// shards is a map that is read without a lock, by any number, while one writer changes it: a change copies one shard.
type shards[V any] struct {
	seed maphash.Seed
	maps [shardCount]atomic.Pointer[map[string]V]
}

// newShards makes shards of what all gives: nothing may be given twice.
func newShards[V any](all map[string]V) *shards[V] {
	s := &shards[V]{seed: maphash.MakeSeed()}
	var parts [shardCount]map[string]V
	for key, v := range all {
		i := s.shard(key)
		if parts[i] == nil {
			parts[i] = make(map[string]V, 1+len(all)/shardCount)
		}
		parts[i][key] = v
	}
	for i := range parts {
		s.maps[i].Store(&parts[i])
	}
	return s
}

func (s *shards[V]) shard(key string) uint64 { return maphash.String(s.seed, key) % shardCount }

func (s *shards[V]) get(key string) (V, bool) {
	v, ok := (*s.maps[s.shard(key)].Load())[key]
	return v, ok
}

func (s *shards[V]) set(key string, v V) {
	p := &s.maps[s.shard(key)]
	m := maps.Clone(*p.Load())
	if m == nil {
		m = map[string]V{}
	}
	m[key] = v
	p.Store(&m)
}

func (s *shards[V]) remove(key string) {
	p := &s.maps[s.shard(key)]
	if _, ok := (*p.Load())[key]; !ok {
		return
	}
	m := maps.Clone(*p.Load())
	delete(m, key)
	p.Store(&m)
}

// all calls yield with each value: each key as it was at some time during the call.
func (s *shards[V]) all(yield func(V) bool) {
	for i := range s.maps {
		for _, v := range *s.maps[i].Load() {
			if !yield(v) {
				return
			}
		}
	}
}
