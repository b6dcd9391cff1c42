//go:build !race

package moq_test

const raceEnabled = false
