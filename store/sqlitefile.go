package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// prepareFile gives the absolute path of a database file that is ours alone, and makes it when absent. SQLite would make it
// readable for others where the umask allows that.
func prepareFile(path string) (string, error) {
	if path == "" || path == ":memory:" {
		return "", errors.New("store: sqlite: needs the path of a file")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("store: %w", err)
	}
	dir := filepath.Dir(path)
	if err := makeDir(dir); err != nil {
		return "", err
	}
	if err := checkFilesystem(dir); err != nil {
		return "", err
	}
	f, err := createExclusive(path)
	switch {
	case err == nil:
		err = errors.Join(f.Close(), syncDir(dir))
	case errors.Is(err, fs.ErrExist):
		err = checkFiles(path)
	}
	if err != nil {
		return "", fmt.Errorf("store: %w", err)
	}
	return path, nil
}

// makeDir makes the directory 0700. One that is there may be read by others, the files in it are 0600; but whoever may write
// to it could put another database in place of ours.
func makeDir(dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("store: %w", err)
		}
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("store: %s is not a directory", dir)
	}
	if hasModes && info.Mode().Perm()&0o022 != 0 && info.Mode()&fs.ModeSticky == 0 {
		return fmt.Errorf("store: %s can be written by others: chmod go-w", dir)
	}
	return nil
}

const hasModes = runtime.GOOS != "windows"

// createExclusive makes a file that was not there, 0600 whatever the umask.
func createExclusive(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	if hasModes {
		if err := f.Chmod(0o600); err != nil {
			return nil, errors.Join(err, f.Close(), os.Remove(path))
		}
	}
	return f, nil
}

// checkFiles refuses a database that is a link, or that others can read or write, and its log likewise: SQLite gives the log
// the modes of the database. Nothing is repaired in silence: what could be read may have been.
func checkFiles(path string) error {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Lstat(path + suffix)
		switch {
		case errors.Is(err, fs.ErrNotExist) && suffix != "":
			continue
		case err != nil:
			return err
		case !info.Mode().IsRegular():
			return fmt.Errorf("%s is not a regular file", path+suffix)
		case hasModes && info.Mode().Perm()&0o077 != 0:
			return fmt.Errorf("%s has mode %#o, so that others can reach it: chmod 600", path+suffix, info.Mode().Perm())
		}
	}
	return nil
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	if !hasModes {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
