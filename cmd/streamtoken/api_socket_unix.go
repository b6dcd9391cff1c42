//go:build unix

package main

import (
	"errors"
	"net"
	"os"
	"syscall"
	"time"
)

// listenPrivate makes the socket with mode 0600 from its first moment: a chmod afterwards would leave one to slip through.
func listenPrivate(path string) (net.Listener, error) {
	old := syscall.Umask(0o177) // the process's: files that are made at this moment are the more private for it
	defer syscall.Umask(old)
	return net.Listen("unix", path)
}

// lockDir keeps others who use it waiting until unlock. It gives up after a while: whoever may read a directory may lock it,
// for as long as they like.
func lockDir(dir string, within time.Duration) (unlock func(), err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(within); ; time.Sleep(10 * time.Millisecond) {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return func() { f.Close() }, nil
		case !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR):
			f.Close()
			return nil, err
		case time.Now().After(end):
			f.Close()
			return nil, errors.New("another program keeps its directory locked")
		}
	}
}
