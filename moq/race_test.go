//go:build race

package moq_test

// raceEnabled: the race detector makes allocations of its own.
const raceEnabled = true
