package follow

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"
	"time"
)

// alwaysRead is the size up to which a file is read at every look. Above it, an unchanged and settled state is believed.
const alwaysRead = 1 << 20

// FileSource reads the file at path: a regular file, or a symbolic link to one, of at most maxBytes bytes. A missing file,
// another kind of file (a FIFO or a device is never read, so it cannot hang the reader) and a larger file are errors of Read.
func FileSource(path string, maxBytes int64) Source {
	return &fileSource{path: path, limit: maxBytes}
}

type fileSource struct {
	path  string
	limit int64
	last  mark // of the last Read, if it was settled then
}

func (s *fileSource) String() string { return s.path }

func (s *fileSource) Read(ctx context.Context) (Snapshot, error) {
	s.last = mark{}
	data, m, err := readRegular(ctx, s.path, s.limit)
	if err != nil {
		return Snapshot{}, err
	}
	if len(data) > alwaysRead && m.settled(time.Now()) {
		s.last = m
	}
	return newSnapshot([]File{{Name: filepath.Base(s.path), Data: data}}), nil
}

// Unchanged compares size, times and identity with what was read. A large database is then not read and hashed every few seconds.
func (s *fileSource) Unchanged() bool {
	if s.last.info == nil {
		return false
	}
	info, err := os.Stat(s.path)
	return err == nil && s.last.same(newMark(info))
}

func (s *fileSource) Watch(ctx context.Context) (<-chan struct{}, error) {
	return watch(ctx, s.path, false)
}

// newSnapshot versions files by their names and content. Lengths go in as well, so that no two lists run together alike.
func newSnapshot(files []File) Snapshot {
	h := sha256.New()
	var n [8]byte
	for _, f := range files {
		binary.BigEndian.PutUint64(n[:], uint64(len(f.Name)))
		h.Write(n[:])
		h.Write([]byte(f.Name))
		binary.BigEndian.PutUint64(n[:], uint64(len(f.Data)))
		h.Write(n[:])
		h.Write(f.Data)
	}
	return Snapshot{Files: files, Version: hex.EncodeToString(h.Sum(nil))}
}
