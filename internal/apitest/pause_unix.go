//go:build unix

package apitest

import (
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Second starts another process on the state of a, with the same flags: a second node.
func (a *API) Second(t testing.TB) *API {
	t.Helper()
	second := *a
	second.start(t)
	return &second
}

// Pause stops the process as it is, without its knowing, and gives what lets it go on. The end of the test does too.
func (a *API) Pause(t testing.TB) (resume func()) {
	t.Helper()
	require.NoError(t, a.process.Signal(syscall.SIGSTOP))
	resume = func() { _ = a.process.Signal(syscall.SIGCONT) }
	t.Cleanup(resume)
	return resume
}

// NeverAccepts asks what the relay accepts until there is an answer, and wants jti to be in none.
func (a *API) NeverAccepts(t testing.TB, relay, jti string) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(tick) {
		r := a.Do(t, a.Bearer, http.MethodGet, "/-/relays/"+relay+"/accepted", nil)
		require.NotContains(t, string(r.Body), jti)
		if r.Status == http.StatusOK {
			return
		}
		require.Equal(t, http.StatusServiceUnavailable, r.Status, "%s", r.Body)
	}
	require.Fail(t, "no answer")
}
