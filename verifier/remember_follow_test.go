package verifier_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/verifier"
)

// TestRememberedKeyFilesChange: the same through files, as an operator changes
// them: a key is removed, comes back, and is replaced by another under its id.
func TestRememberedKeyFilesChange(t *testing.T) {
	dir := newKeyDir(t)
	pem := func(name string) []byte { return keyForm(t, name+".pub.pem") }
	dir.put("one.pem", pem("a"))
	dir.put("two.pem", pem("b"))
	keys, _ := followKeys(t, verifier.FollowConfig{Paths: []string{dir.path}})
	a := sign(t, testKey(t, "a"), header("one"), `{"sub":"v","exp":1800003600,"accessRules":`+fiveRules+`}`)
	b := sign(t, testKey(t, "b"), header("two"), `{"sub":"v","exp":1800003600}`)
	c := sign(t, testKey(t, "c"), header("one"), `{"sub":"v","exp":1800003600}`)
	w := newTwins(t, func(cfg *verifier.Config) { cfg.Keys = keys })
	for range 2 {
		w.require("", a, b)
		w.require(streamtoken.ReasonSignatureInvalid, c)

		dir.remove("one.pem")
		require.NoError(t, keys.Check())
		w.require(streamtoken.ReasonKeyUnknown, a, c)
		w.require("", b)

		dir.put("one.pem", pem("a"))
		require.NoError(t, keys.Check())
		w.require("", a, b)

		dir.put("one.pem", pem("c"))
		require.NoError(t, keys.Check())
		w.require(streamtoken.ReasonSignatureInvalid, a)
		w.require("", b, c)

		dir.put("one.pem", pem("a"))
		require.NoError(t, keys.Check())
	}
	// A rewritten file and a broken one change nothing: what was in force stays, and so does what is remembered.
	w.require("", a, b)
	before := coldCounts(w)
	dir.put("one.pem", pem("a")) // rewritten, the same
	dir.put("two.pem", []byte("half a fi"))
	require.Error(t, keys.Check())
	w.require("", a, b)
	require.Equal(t, before, coldCounts(w))
}

// coldCounts are the cold verifications of those that remember.
func coldCounts(w *twins) (counts []uint64) {
	for _, v := range w.warm[:2] { // the third has no room for tokens like these
		counts = append(counts, v.ColdCount())
	}
	return counts
}
