//go:build race

package store

// The race detector allocates on its own account.
const raceEnabled = true
