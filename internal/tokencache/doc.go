// Package tokencache remembers what was found out about a token, within a bound
// in bytes.
//
// # What it promises
//
// A value is given only for exactly the token it was remembered for: the whole
// token is compared, every time, so the quality of the hash decides about speed
// and never about safety. Reading takes no lock and allocates nothing. What it
// counts, tokens, values, entries and index, never exceeds the bound, also
// while the index grows. Tokens that are used once, however many, do not drive
// out those that are used again.
//
// # What it does not
//
// It does not know what a token is, whether a value is still true, or what time
// it is: whoever takes a value out checks what may have changed since. Memory
// that the garbage collector has not taken back yet is not counted, nor is what
// it keeps in reserve. It gives a miss for a remembered token now and then,
// while another goroutine writes. A comparison of bytes ends at the first
// difference, so its time tells how far a guess agrees with a remembered token
// that has the same 16 characters at its end: they are of the signature, and
// whoever knows them has seen the token.
//
// # Memory
//
// An entry is one allocation: 56 bytes of its own, the value, and the token with
// what else the value keeps as text; a text beyond 3,840 bytes is another. The index takes 20 to 40 bytes more (two
// to four entries to a bucket of 64 bytes and four fingerprints, for more than sixteen entries
// to a shard). The allocator rounds the entry up to its size class; that is counted too.
//
// # Why not a library
//
// General caches for Go hash the whole key, which for a token of 900 bytes is
// a good part of a look-up, though the 16 bytes of a signature that no two
// tokens share do as well. Looked up with the token as a string key beside
// a table much like this one (64 tokens of 1 KB, one core of 2.8 GHz), otter v2
// took 2.9 times as long and theine 6.7, hashicorp's lru 2.2 on one core and
// 5.0 on two, for it has one lock. Keyed by the signature alone, with the
// comparison left to the caller, otter took 1.7 times as long.
// ristretto does not compare keys at all, only two hashes of them, which is no
// ground to let somebody in. sync.Map and a map under a lock came nearer (1.7 and
// 1.4 times) and have no bound. A bare map of Go, which has neither bound nor
// readers beside a writer, is as fast; BenchmarkMap measures it.
package tokencache
