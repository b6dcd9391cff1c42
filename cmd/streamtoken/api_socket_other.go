//go:build !unix

package main

import (
	"net"
	"time"
)

func listenPrivate(path string) (net.Listener, error) { return net.Listen("unix", path) }

func lockDir(string, time.Duration) (unlock func(), err error) { return func() {}, nil }
