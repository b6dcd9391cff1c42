package strictjson

const (
	// maxLinear names of one object are compared one by one; past them a map
	// takes over, or thousands of names would cost their square before any
	// signature has been checked.
	maxLinear = 24
	// maxOpenNames is the room kept without allocating.
	maxOpenNames = 40
)

// openNames are the names of the objects being read, innermost last.
type openNames struct {
	count int                  // names held in first
	first [maxOpenNames]string // until there is no room
	more  []string             // from then on
}

// nameSet is the names of one object: a run of first or more, or a map once
// there are many.
type nameSet struct {
	first, more int // where the object's names start
	many        map[string]struct{}
}

func (o *openNames) begin() nameSet { return nameSet{first: o.count, more: len(o.more)} }

func (o *openNames) end(s nameSet) { o.count, o.more = s.first, o.more[:s.more] }

// add reports whether name is new in s, and holds it.
func (o *openNames) add(s *nameSet, name string) bool {
	if s.many != nil {
		if _, dup := s.many[name]; dup {
			return false
		}
		s.many[name] = struct{}{}
		return true
	}
	first, more := o.first[s.first:o.count], o.more[s.more:]
	for _, n := range first {
		if n == name {
			return false
		}
	}
	for _, n := range more {
		if n == name {
			return false
		}
	}
	switch {
	case len(first)+len(more) == maxLinear:
		s.many = make(map[string]struct{}, 4*maxLinear)
		for _, n := range first {
			s.many[n] = struct{}{}
		}
		for _, n := range more {
			s.many[n] = struct{}{}
		}
		s.many[name] = struct{}{}
	case o.count < maxOpenNames:
		o.first[o.count] = name
		o.count++
	default:
		o.more = append(o.more, name)
	}
	return true
}
