//go:build unix

package main

import (
	"net"
	"os"
	"syscall"
)

// listenPrivate makes the socket with mode 0600 from its first moment: a chmod afterwards would leave one to slip through.
func listenPrivate(path string) (net.Listener, error) {
	old := syscall.Umask(0o177) // the process's: files that are made at this moment are the more private for it
	defer syscall.Umask(old)
	return net.Listen("unix", path)
}

// lockDir keeps others who use it waiting until unlock.
func lockDir(dir string) (unlock func(), err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}
