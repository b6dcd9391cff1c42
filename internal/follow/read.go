package follow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

const (
	readAttempts = 3               // before a file that keeps changing is an error
	readChunk    = 1 << 20         // bytes between two looks at the context
	settleAge    = 2 * time.Second // a file touched more recently may change again within one timestamp tick
)

var (
	errTooLarge = errors.New("too large")
	errChanging = errors.New("changed while it was read")
	errKind     = errors.New("not a regular file")
)

// mark identifies one state of a file without reading it.
type mark struct {
	info    os.FileInfo
	changed time.Time // inode change time where the system has one, which a copied modification time cannot hide
}

func newMark(info os.FileInfo) mark { return mark{info, changeTime(info)} }

func (m mark) same(n mark) bool {
	return m.info != nil && n.info != nil && os.SameFile(m.info, n.info) && m.info.Size() == n.info.Size() &&
		m.info.ModTime().Equal(n.info.ModTime()) && m.changed.Equal(n.changed)
}

// settled reports whether the timestamps are old enough at now to tell this state from the next one.
func (m mark) settled(now time.Time) bool {
	return now.Sub(m.info.ModTime()) > settleAge && (m.changed.IsZero() || now.Sub(m.changed) > settleAge)
}

// readRegular reads a regular file, or a link to one, of at most limit bytes. A state that changes during the read is read
// again, so that a writer at work is met as an error and not as half a file wherever the file system lets us tell.
func readRegular(ctx context.Context, path string, limit int64) ([]byte, mark, error) {
	for range readAttempts {
		data, m, err := readOnce(ctx, path, limit)
		if !errors.Is(err, errChanging) {
			return data, m, err
		}
	}
	return nil, mark{}, fmt.Errorf("%s: %w", path, errChanging)
}

func readOnce(ctx context.Context, path string, limit int64) ([]byte, mark, error) {
	// Looked at before it is opened, because opening a device may already have effects; and again once open, because the
	// name may lead elsewhere by then. O_NONBLOCK keeps the open of a FIFO nobody writes to from hanging.
	info, err := os.Stat(path)
	if err != nil {
		return nil, mark{}, err
	}
	if !info.Mode().IsRegular() {
		return nil, mark{}, fmt.Errorf("%s: %w", path, errKind)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, mark{}, err
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return nil, mark{}, err
	}
	if !info.Mode().IsRegular() {
		return nil, mark{}, fmt.Errorf("%s: %w", path, errKind)
	}
	before := newMark(info)
	data, err := readBounded(ctx, f, info.Size(), limit)
	if err != nil {
		return nil, mark{}, fmt.Errorf("%s: %w", path, err)
	}
	if info, err = f.Stat(); err != nil {
		return nil, mark{}, err
	}
	if !before.same(newMark(info)) || int64(len(data)) != info.Size() {
		return nil, mark{}, errChanging
	}
	return data, before, nil
}

// readBounded reads all of r, which says it has size bytes, and gives up beyond limit whatever it said.
func readBounded(ctx context.Context, r io.Reader, size, limit int64) ([]byte, error) {
	if size > limit {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", errTooLarge, size, limit)
	}
	data := make([]byte, 0, size+1) // one more, so that the end is seen without growing
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
		n, err := r.Read(data[len(data):min(cap(data), len(data)+readChunk)])
		data = data[:len(data)+n]
		if int64(len(data)) > limit {
			return nil, fmt.Errorf("%w: more than %d bytes", errTooLarge, limit)
		}
		if err == io.EOF {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
	}
}
