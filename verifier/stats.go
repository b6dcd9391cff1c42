package verifier

// Stats is what a Verifier remembers and has done since it was made. Checks of
// remembered tokens are not counted: a counter that all cores write would cost
// more than such a check does.
type Stats struct {
	Remembered int    // tokens
	Bytes      int64  // they take, index and all; at most Config.CacheBytes
	Evicted    uint64 // tokens forgotten for want of room
	Cold       uint64 // signatures that were verified
	Waiting    int    // cold verifications that wait now
	TurnedAway uint64 // cold verifications that ended with ReasonVerifierBusy
}

// Stats gives the figures of this moment; they need not be of one instant. Safe
// for concurrent use.
func (v *Verifier) Stats() Stats {
	c := v.remembered.Stats()
	v.cold.mu.Lock()
	defer v.cold.mu.Unlock()
	return Stats{
		Remembered: c.Entries,
		Bytes:      c.Bytes,
		Evicted:    c.Evictions,
		Cold:       v.verified.Load(),
		Waiting:    v.cold.waiting,
		TurnedAway: v.cold.turnedAway,
	}
}
