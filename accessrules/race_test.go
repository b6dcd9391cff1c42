//go:build race

package accessrules_test

// The race detector allocates on its own account.
const raceEnabled = true
