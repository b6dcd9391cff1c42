//go:build integration

package webtransport

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestMain starts the tests anew with extended CONNECT over HTTP/2 (RFC 8441), which Go's server offers only to a process
// that was started with this setting.
func TestMain(m *testing.M) {
	const setting = "http2xconnect=1"
	if given := os.Getenv("GODEBUG"); !strings.Contains(given, setting) {
		os.Setenv("GODEBUG", strings.TrimPrefix(given+","+setting, ","))
		self, err := os.Executable()
		if err == nil {
			err = syscall.Exec(self, os.Args, os.Environ())
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
