//go:build race

package signer_test

// raceEnabled: the race detector makes allocations of its own.
const raceEnabled = true
