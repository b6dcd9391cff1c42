//go:build race

package bench

// The race detector allocates on its own account.
const raceEnabled = true
