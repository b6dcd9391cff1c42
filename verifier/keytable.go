package verifier

import (
	"fmt"
	"maps"
	"slices"
)

// keyTable is the keys in force, never changed once it is published.
type keyTable map[string]*Key

// merge makes one table of what the sources offer, in their order, and lists the conflicts: one id offered with different
// material. The key that was in force and is still offered stays; otherwise the first offer counts. A later source can
// therefore never replace the key of an earlier one behind its back.
func (t keyTable) merge(sources [][]offer) (next keyTable, conflicts []string) {
	next = keyTable{}
	from := map[string]string{}
	for _, offers := range sources {
		for _, o := range offers {
			if t[o.key.id] == o.key && next[o.key.id] == nil {
				next[o.key.id], from[o.key.id] = o.key, o.origin
			}
		}
	}
	for _, offers := range sources {
		for _, o := range offers {
			switch next[o.key.id] {
			case nil:
				next[o.key.id], from[o.key.id] = o.key, o.origin
			case o.key:
			default:
				conflicts = append(conflicts, fmt.Sprintf("key %s of %s is not the key %s of %s", o.key.id, o.origin, o.key.id, from[o.key.id]))
			}
		}
	}
	return next, conflicts
}

// intern replaces each key in offers that is already known, with the same id and material, by the known one, and twins
// among themselves by the first. A cache of verified tokens compares pointers, and must not be emptied by a rewritten file.
func intern(offers []offer, known ...[]offer) {
	byID := map[string][]*Key{}
	for _, list := range known {
		for _, o := range list {
			byID[o.key.id] = append(byID[o.key.id], o.key)
		}
	}
	for i, o := range offers {
		twin := slices.IndexFunc(byID[o.key.id], func(k *Key) bool { return k.pub.Equal(o.key.pub) })
		if twin >= 0 {
			offers[i].key = byID[o.key.id][twin]
			continue
		}
		byID[o.key.id] = append(byID[o.key.id], o.key)
	}
}

// diff lists the ids that came, went, and changed their material from t to next.
func (t keyTable) diff(next keyTable) (added, gone, replaced []string) {
	for _, id := range slices.Sorted(maps.Keys(next)) {
		switch t[id] {
		case next[id]:
		case nil:
			added = append(added, id)
		default:
			replaced = append(replaced, id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(t)) {
		if next[id] == nil {
			gone = append(gone, id)
		}
	}
	return added, gone, replaced
}
