//go:build race

package api_test

// raceEnabled tells that allocations are not those of a build without the detector.
const raceEnabled = true
