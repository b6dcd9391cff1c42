//go:build unix

package pgtest

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// binaries gives the directory of initdb: that of the search path, or the newest where Debian puts them.
func binaries(t testing.TB) string {
	t.Helper()
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil { // a link stands alone, the programs stand together
			return filepath.Dir(path)
		}
	}
	best, version := "", 0.0
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // the pattern is well formed
	for _, path := range found {
		dir := filepath.Dir(path)
		v, err := strconv.ParseFloat(filepath.Base(filepath.Dir(dir)), 64)
		if err == nil && v > version {
			best, version = dir, v
		}
	}
	if best == "" {
		t.Fatal("pgtest: PostgreSQL is not installed (initdb is not found): apt-get install postgresql")
	}
	return best
}

// unprivileged gives the user whom the server runs as: nil for this one, unless this one is root.
func unprivileged(t testing.TB) *syscall.Credential {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	t.Fatal("pgtest: PostgreSQL refuses to run as root, and there is no user postgres or nobody")
	return nil
}
