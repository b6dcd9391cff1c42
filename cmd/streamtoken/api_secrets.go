package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

const masterKeyBytes = 32

// ensureTokens makes a list with one random token at name if nothing is there.
func ensureTokens(name string) (made bool, err error) {
	token := make([]byte, 32)
	rand.Read(token) // never fails
	return createPrivate(name, "token file", []byte(base64.RawURLEncoding.EncodeToString(token)+"\n"))
}

// ensureMasterKey gives the key in the file name, and makes one if nothing is there.
func ensureMasterKey(name string) (key []byte, made bool, err error) {
	key = make([]byte, masterKeyBytes)
	rand.Read(key)
	if made, err = createPrivate(name, "master key file", []byte(hex.EncodeToString(key)+"\n")); err != nil || made {
		return key, made, err
	}
	key, err = readMasterKey(name)
	return key, false, err
}

func readMasterKey(name string) ([]byte, error) {
	data, err := readPrivate(name, "master key", 1<<10)
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(data)))
	if err != nil || len(key) != masterKeyBytes {
		return nil, fmt.Errorf("%s is no master key: it must hold %d hexadecimal digits and nothing else", name, 2*masterKeyBytes)
	}
	return key, nil
}

// createPrivate puts data into a new file for its owner alone, whole or not at all, and on stable storage. made is false if
// there is something under that name, which is left as it is: of two who begin at once, one makes it.
func createPrivate(name, what string, data []byte) (made bool, err error) {
	if _, err := os.Lstat(name); err == nil {
		return false, nil
	}
	dir := filepath.Dir(name)
	f, err := os.CreateTemp(dir, ".new-*") // mode 0600
	if err != nil {
		return false, fileError("create", what, name, err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return false, fileError("write", what, name, err)
	}
	switch err := os.Link(f.Name(), name); { // unlike a rename it never overwrites
	case errors.Is(err, fs.ErrExist):
		return false, nil
	case err != nil: // a file system without links: then not atomic
		if err := writeNewPrivateFile(name, data); err != nil {
			return false, err
		}
	}
	return true, syncDir(dir)
}

// syncDir makes names in dir last.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return fileError("open", "directory", dir, err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fileError("sync", "directory", dir, err)
	}
	return nil
}

// readPrivate reads a small file that only its owner may read.
func readPrivate(name, what string, limit int64) ([]byte, error) {
	if err := checkPrivate(name, what); err != nil {
		return nil, err
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fileError("read", what, name, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	switch {
	case err != nil:
		return nil, fileError("read", what, name, err)
	case int64(len(data)) > limit:
		return nil, fileError("read", what, name, fmt.Errorf("it is larger than %d bytes", limit))
	}
	return data, nil
}

// checkPrivate refuses a file that others may read, and what is no file.
func checkPrivate(name, what string) error {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return fileError("read", what, name, err)
	case !info.Mode().IsRegular():
		return fileError("read", what, name, errors.New("not a regular file"))
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return withHint(fmt.Errorf("the %s %s can be read or written by other users (mode %04o)", what, name, info.Mode().Perm()), "run: chmod 600 "+name)
	}
	return nil
}
