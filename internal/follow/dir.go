package follow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxEntries bounds what is listed of a directory, matching or not.
const maxEntries = 1 << 14

// DirSource reads the regular files directly in dir, and links to such, whose names end in one of suffixes (compared without
// case); dotfiles, subdirectories and other kinds of file are left out, so editors' and ConfigMaps' working files are as well.
// All files together have at most maxBytes bytes and are at most maxFiles: beyond either, Read fails as a whole, because half
// a directory is no version of it. So does a matching name that cannot be read, a dangling link included.
func DirSource(dir string, suffixes []string, maxBytes int64, maxFiles int) Source {
	lower := make([]string, len(suffixes))
	for i, s := range suffixes {
		lower[i] = strings.ToLower(s)
	}
	return &dirSource{dir: dir, suffixes: lower, limit: maxBytes, maxFiles: maxFiles}
}

type dirSource struct {
	dir      string
	suffixes []string
	limit    int64
	maxFiles int
}

func (s *dirSource) String() string { return s.dir }

func (s *dirSource) Read(ctx context.Context) (Snapshot, error) {
	// A file may go between the listing and the read: then the listing was old, and is made again.
	var err error
	for range readAttempts {
		var files []File
		if files, err = s.readOnce(ctx); err == nil {
			return newSnapshot(files), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return Snapshot{}, err
}

func (s *dirSource) readOnce(ctx context.Context) ([]File, error) {
	names, err := s.names()
	if err != nil {
		return nil, err
	}
	var files []File
	left := s.limit
	for _, name := range names {
		path := filepath.Join(s.dir, name)
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.Mode().IsRegular() {
			continue
		}
		if len(files) == s.maxFiles {
			return nil, fmt.Errorf("%s: more than %d files", s.dir, s.maxFiles)
		}
		data, _, err := readRegular(ctx, path, left)
		if err != nil {
			return nil, err
		}
		left -= int64(len(data))
		files = append(files, File{Name: name, Data: data})
	}
	return files, nil
}

// names lists the matching names, sorted.
func (s *dirSource) names() ([]string, error) {
	info, err := os.Stat(s.dir)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() { // before it is opened: a FIFO in its place would hang
		return nil, fmt.Errorf("%s: not a directory", s.dir)
	}
	d, err := os.Open(s.dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	var names []string
	for seen := 0; ; {
		batch, err := d.Readdirnames(512)
		if seen += len(batch); seen > maxEntries {
			return nil, fmt.Errorf("%s: more than %d entries", s.dir, maxEntries)
		}
		for _, name := range batch {
			if s.matches(name) {
				names = append(names, name)
			}
		}
		if err == io.EOF {
			slices.Sort(names)
			return names, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (s *dirSource) matches(name string) bool {
	if strings.HasPrefix(name, ".") {
		return false
	}
	name = strings.ToLower(name)
	return slices.ContainsFunc(s.suffixes, func(suffix string) bool { return strings.HasSuffix(name, suffix) })
}

func (s *dirSource) Watch(ctx context.Context) (<-chan struct{}, error) {
	return watch(ctx, s.dir, true)
}
