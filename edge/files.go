package edge

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/streamtoken/streamtoken/middleware"
)

// files serves the regular files below one directory, a folder for each subject.
type files struct {
	root  *os.Root
	mount string // "" or "/media": before the subject in a request's path, and not in the directory
	log   *slog.Logger
}

func openFiles(dir, mount string, log *slog.Logger) (*files, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("edge: %w", err)
	}
	return &files{root: root, mount: strings.TrimSuffix(mount, "/"), log: log}, nil
}

func (f *files) Close() error { return f.root.Close() }

func (f *files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, ok := middleware.IdentityFrom(r.Context())
	if !ok {
		f.log.Error("a request without an identity reached the files")
		problem(w, http.StatusInternalServerError, "")
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		problem(w, http.StatusMethodNotAllowed, "Files can be read, nothing else.")
		return
	}
	name, ok := f.name(r.URL.Path, id.Subject)
	if !ok {
		notFound(w)
		return
	}
	file, info, err := f.open(id.Subject, name)
	if err != nil {
		f.fail(w, id.Subject, err)
		return
	}
	defer file.Close()

	h := w.Header()
	h.Set("Content-Type", mimeType(name))
	h.Set("X-Content-Type-Options", "nosniff")
	// Strong: If-Range takes no other. A file rewritten in place to the same length within one tick of the file
	// system's clock would keep its tag, as everywhere.
	h.Set("Etag", `"`+strconv.FormatInt(info.ModTime().UnixNano(), 36)+"-"+strconv.FormatInt(info.Size(), 36)+`"`)
	// A playlist may grow while it is watched, and any file be written anew. Above all: a cache without advice would
	// guess a lifetime from Last-Modified, or take the hours a CDN has for such names, and hand out the file when the
	// token has long ended. It may keep what it has, and asks here each time whether it still may use it.
	h.Set("Cache-Control", "no-cache")
	http.ServeContent(w, fewRanges(r), "", info.ModTime(), file)
}

// maxRanges is how many ranges one request may ask for. Players ask for one, PDF viewers for some.
const maxRanges = 32

// fewRanges gives r, or without its Range one that asks for too many: each costs a seek and a part of the answer
// (RFC 9110, 14.2), and a line of header holds fifteen thousand.
func fewRanges(r *http.Request) *http.Request {
	if strings.Count(r.Header.Get("Range"), ",") < maxRanges {
		return r
	}
	whole := r.WithContext(r.Context())
	whole.Header = r.Header.Clone()
	whole.Header.Del("Range")
	return whole
}

// name is the path of the file below the subject's folder, false if no file can have it.
func (f *files) name(path, subject string) (string, bool) {
	rest, ok := strings.CutPrefix(path, f.mount+"/"+subject+"/")
	if !ok || rest == "" {
		return "", false
	}
	for segment := range strings.SplitSeq(rest, "/") {
		if segment == "" || segment[0] == '.' || strings.ContainsAny(segment, "\\\x00") {
			return "", false // a directory's final slash, a dotfile, "..", another system's slash
		}
	}
	// Not a name this system keeps for itself ("NUL", "C:").
	return rest, filepath.IsLocal(filepath.FromSlash(rest))
}

// errNotRegular is a directory, a device, a socket, a pipe.
var errNotRegular = errors.New("not a regular file")

// open opens a regular file in the subject's folder. The folder is a root of its own: a link in it may not lead to
// another subject's files, for which the viewer has no token. (The folder itself may be a link inside the root.)
func (f *files) open(subject, name string) (*os.File, fs.FileInfo, error) {
	folder, err := f.root.OpenRoot(subject)
	if err != nil {
		return nil, nil, err
	}
	defer folder.Close()
	// Not blocking: to open a named pipe waits for whoever would write into it.
	file, err := folder.OpenFile(filepath.FromSlash(name), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errNotRegular
	}
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	return file, info, nil
}

// trouble tells whether err means that this machine is in trouble. Everything else is answered like a file that is not
// there, a link out of the folder and a file that may not be read included: a viewer learns nothing about either.
func trouble(err error) bool {
	for _, t := range []error{syscall.EMFILE, syscall.ENFILE, syscall.EIO, syscall.ENOMEM, os.ErrClosed} {
		if errors.Is(err, t) {
			return true
		}
	}
	return false
}

// fail answers for a file that did not open.
func (f *files) fail(w http.ResponseWriter, subject string, err error) {
	attrs := []any{slog.String("subject", subject), slog.String("error", redact(err.Error()))}
	switch {
	case trouble(err):
		instance := problem(w, http.StatusInternalServerError, "")
		f.log.Error("a file could not be read", append(attrs, slog.String("instance", instance))...)
	case errors.Is(err, fs.ErrPermission):
		f.log.Warn("a file may not be read by this process", attrs...)
		notFound(w)
	default:
		f.log.Debug("no such file", attrs...)
		notFound(w)
	}
}

func notFound(w http.ResponseWriter) {
	problem(w, http.StatusNotFound, "")
}
