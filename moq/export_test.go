package moq

import "time"

// OpenSessions gives how many sessions v watches, -1 if its books do not agree.
func OpenSessions(v *Verifier) int {
	w := &v.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for i, g := range w.groups {
		if g.index != i || w.byToken[g.name] != g {
			return -1
		}
		n += len(g.sessions)
	}
	if n != w.count || len(w.byToken) != len(w.groups) || n > 0 && !w.running {
		return -1
	}
	return n
}

// Examine examines every token in use once, as a change has v do.
func Examine(v *Verifier) { v.watch.sweep(time.Now()) }
