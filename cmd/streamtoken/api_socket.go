package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// lockTime is far beyond what taking a socket's place takes.
const lockTime = 5 * time.Second

// listenSocket listens on a Unix socket that only its owner may open. A socket that is there already is replaced if nobody
// listens on it: a server that was killed left it. Anything else there is left alone.
func listenSocket(path string) (net.Listener, error) {
	failed := func(err error) error {
		var op *net.OpError
		if errors.As(err, &op) {
			err = op.Err // without the path, which is named already
		}
		return fmt.Errorf("cannot listen on unix:%s: %w", path, err)
	}
	// Between finding a socket abandoned and taking its place another server could have taken it.
	unlock, err := lockDir(filepath.Dir(path), lockTime)
	if err != nil {
		return nil, failed(err)
	}
	defer unlock()
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return nil, failed(err)
	case info.Mode().Type() != os.ModeSocket:
		return nil, failed(errors.New("something that is no socket is there"))
	default:
		conn, err := net.DialTimeout("unix", path, time.Second)
		if err == nil {
			conn.Close()
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			return nil, withHint(failed(errors.New("another server listens there")), "choose another path with --listen")
		}
		if err := os.Remove(path); err != nil {
			return nil, failed(err)
		}
	}
	ln, err := listenPrivate(path)
	if err != nil {
		return nil, failed(err)
	}
	return ln, nil
}
