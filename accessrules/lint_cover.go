package accessrules

// Who has already matched a range or a country: the index of a rule, or one of these.
const (
	nobodyYet = -1
	several   = -2 // only several rules together
)

// cover is a union of prefixes of one family, with the rule that brought each. The zero value is the empty union.
type cover struct {
	owner   map[coverKey]int
	lengths [129]int // how many prefixes of each length there are, so that only those are looked for
}

type coverKey struct {
	net  key
	bits uint8
}

// find gives the rule that matches all of p, several, or nobodyYet. Siblings are merged as they come in, so that a prefix covered by
// the union lies in a single one of its members.
func (c *cover) find(p prefix) int {
	n := p.bits()
	for b := range n + 1 {
		if c.lengths[b] == 0 {
			continue
		}
		if owner, ok := c.owner[coverKey{prefixOf(p.net, b).net, uint8(b)}]; ok {
			return owner
		}
	}
	return nobodyYet
}

// insert adds p. Two halves of a range are the range.
func (c *cover) insert(p prefix, rule int) {
	if c.find(p) != nobodyYet {
		return
	}
	if c.owner == nil {
		c.owner = map[coverKey]int{}
	}
	for n := p.bits(); ; n-- {
		c.owner[coverKey{p.net, uint8(n)}] = rule
		c.lengths[n]++
		if n == 0 {
			return
		}
		other, ok := c.owner[coverKey{p.net.flip(n - 1), uint8(n)}]
		if !ok {
			return
		}
		if other != rule {
			rule = several
		}
		p = prefixOf(p.net, n-1)
	}
}

// flip inverts the bit at position i from the top.
func (k key) flip(i int) key {
	if i < 64 {
		return key{k.hi ^ 1<<(63-i), k.lo}
	}
	return key{k.hi, k.lo ^ 1<<(127-i)}
}

// coverage is how much of a rule the rules before it match.
type coverage struct {
	entries hits
	total   int
	by      int // the one rule that covers all the entries in hits, or several
}

func (c *coverage) add(name string, owner int) {
	c.total++
	if owner == nobodyYet {
		return
	}
	if c.entries.count > 0 && c.by != owner {
		owner = several
	}
	c.by = owner
	c.entries.add(name)
}

// covered reports what of a rule is covered, and gives whether anything is left of it. match identifies what the rule matches.
func (l *linter) covered(c coverage, match string) bool {
	first, seen := l.seen[match]
	if !seen {
		l.seen[match] = l.index
	}
	by := "earlier rules together"
	if c.by >= 0 {
		by = place(c.by)
	}
	switch {
	case seen:
		l.add(CodeDuplicateRule, "decides nobody: "+place(first)+" matches the same viewers")
		return false
	case c.entries.count == c.total:
		l.add(CodeCovered, "decides nobody: "+by+" already match"+es(c.by)+" all of it")
		return false
	case c.entries.count > 0:
		l.report(CodeCoveredEntry, c.entries, by+" already match"+es(c.by)+" it")
	}
	return true
}

func es(rule int) string {
	if rule >= 0 {
		return "es"
	}
	return ""
}
