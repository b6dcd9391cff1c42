package store

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/moq"
)

// engine makes databases of one kind.
type engine struct {
	name     string
	database func(t testing.TB) string // the URL of a new one
}

var sqliteEngine = engine{"sqlite", func(t testing.TB) string {
	return "sqlite:" + filepath.Join(t.TempDir(), "state", "store.db")
}}

// suite is what every engine has to pass.
var suite = []struct {
	name string
	test func(t *testing.T, e engine)
}{
	{"stream keys", testStreamKeys},
	{"own keys", testOwnKeys},
	{"relays", testRelays},
	{"relay list", testRelayList},
	{"relay update", testRelayUpdate},
	{"relay tokens", testRelayTokens},
	{"rotation", testRotation},
	{"TURN keys", testTURNKeys},
	{"accounts are apart", testAccounts},
	{"limits", testLimits},
	{"ids are used once", testIDs},
	{"what cannot be kept", testInvalid},
	{"audit", testAudit},
	{"every change is one epoch", testEpochs},
	{"writers at once", testConcurrent},
	{"cancelled", testCancelled},
	{"closed", testClosed},
	{"master key", testMasterKey},
	{"newer schema", testNewer},
	{"a copy", testCopy},
	{"adopted", testAdopt},
	{"opened at once", testOpenAtOnce},
	{"feed", testFeed},
	{"nodes", testNodes},
	{"hints", testHints},
	{"what is stored", testStored},
}

func TestConformance(t *testing.T) { runSuite(t, sqliteEngine) }

func runSuite(t *testing.T, e engine) {
	for _, s := range suite {
		t.Run(s.name, func(t *testing.T) { s.test(t, e) })
	}
}

var (
	master = []byte("0123456789abcdef0123456789abcdef")
	alice  = By{Account: "alice", Actor: "test"}
	bob    = By{Account: "bob", Actor: "test"}
	clock  = time.Date(2026, 11, 22, 8, 0, 0, 123456789, time.UTC) // with nanoseconds, as Stream's answers have
)

// at is a moment s seconds after the clock's.
func at(s int) time.Time { return clock.Add(time.Duration(s) * time.Second) }

func config(url string) Config {
	return Config{URL: url, MasterKey: master, Timeout: 20 * time.Second, Now: func() time.Time { return at(1000) }}
}

// reopen opens a database, for the time of the test.
func reopen(t *testing.T, url string) *sqlStore {
	t.Helper()
	s, err := openStore(t.Context(), config(url))
	require.NoError(t, err)
	urls.Store(s, url)
	t.Cleanup(func() {
		urls.Delete(s)
		require.NoError(t, s.Close())
	})
	return s
}

// urls has the URL of each open database, since a store does not keep it.
var urls sync.Map

func urlOf(t *testing.T, s *sqlStore) string {
	t.Helper()
	url, ok := urls.Load(s)
	require.True(t, ok)
	return url.(string)
}

func fresh(t *testing.T, e engine) *sqlStore { return reopen(t, e.database(t)) }

func streamKey(id string, created time.Time) StreamKey {
	return StreamKey{ID: id, Public: []byte("public " + id), Created: created}
}

func turnKeyOf(uid string, created time.Time) TURNKey {
	return TURNKey{UID: uid, Name: "name of " + uid, Hash: [32]byte{1, 2, 3}, Created: created, Modified: created}
}

func relayOf(uid string, created time.Time) Relay {
	return Relay{UID: uid, Name: "name of " + uid, Created: created, Modified: created, Config: moq.RelayConfig{
		LingeringSubscribe: &moq.LingeringSubscribe{Enabled: true, MaxTimeoutMS: 30000},
		Upstreams:          &moq.Upstreams{Enabled: true, Upstreams: []moq.Origin{{URL: "moqt://origin.example/<a>&b"}}},
	}}
}

func tokenOf(jti string, slot Slot, created time.Time) RelayToken {
	return RelayToken{JTI: jti, Slot: slot, Operations: []moq.Operation{moq.Publish, moq.Subscribe}, Label: "label of " + jti, Created: created, Expires: created.Add(time.Hour)}
}

// epochOf gives the epoch of the database.
func epochOf(t *testing.T, s *sqlStore) int64 {
	t.Helper()
	epoch, err := s.epoch(context.Background())
	require.NoError(t, err)
	return epoch
}

// unchanged asserts that f leaves the epoch alone.
func unchanged(t *testing.T, s *sqlStore, f func()) {
	t.Helper()
	before := epochOf(t, s)
	f()
	require.Equal(t, before, epochOf(t, s), "something was committed")
}
