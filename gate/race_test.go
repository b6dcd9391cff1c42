//go:build race

package gate_test

// The race detector allocates on its own account.
const raceEnabled = true
