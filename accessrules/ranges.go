package accessrules

// ranges is the prefixes of one family in one rule.
type ranges struct {
	flat []prefix
}

func makeRanges(list []prefix) ranges { return ranges{flat: list} }

func (r *ranges) contains(k key) bool {
	for i := range r.flat {
		if r.flat[i].contains(k) {
			return true
		}
	}
	return false
}

// find gives the prefix that contains k, nil if none does. It is contains for people: linear.
func (r *ranges) find(k key) *prefix {
	for i := range r.flat {
		if r.flat[i].contains(k) {
			return &r.flat[i]
		}
	}
	return nil
}

func (r *ranges) len() int { return len(r.flat) }
