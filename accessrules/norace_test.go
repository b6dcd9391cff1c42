//go:build !race

package accessrules_test

const raceEnabled = false
