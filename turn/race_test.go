//go:build race

package turn_test

// raceEnabled: the race detector makes allocations of its own.
const raceEnabled = true
