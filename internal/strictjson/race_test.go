//go:build race

package strictjson_test

// The race detector allocates on its own account.
const raceEnabled = true
