package edge

import (
	"io"
	"net/http"
	"os"
	"time"
)

// stallWriter moves the connection's write deadline ahead of every write, so that a response may take as long as it
// likes but may not stand still: a client that stops reading would otherwise hold an origin connection, and the memory
// behind it, for ever. On HTTP/2 the deadline is the stream's.
//
// One request's handler uses it, as any ResponseWriter.
type stallWriter struct {
	http.ResponseWriter
	ctl     *http.ResponseController
	stall   time.Duration
	set     time.Time
	started bool // the final status is on its way
}

var (
	_ http.Flusher  = (*stallWriter)(nil)
	_ io.ReaderFrom = (*stallWriter)(nil)
)

func newStallWriter(w http.ResponseWriter, stall time.Duration) *stallWriter {
	sw := &stallWriter{ResponseWriter: w, ctl: http.NewResponseController(w), stall: stall}
	sw.extend()
	return sw
}

// extend sets the deadline, unless it was set a moment ago. A writer that has no deadlines (a test's recorder, another
// server's wrapper) has no connection to protect either.
func (w *stallWriter) extend() {
	if now := time.Now(); now.Sub(w.set) > w.stall/16 {
		w.set = now
		_ = w.ctl.SetWriteDeadline(now.Add(w.stall))
	}
}

// finish gives what the server still has to write after the handler its full time.
func (w *stallWriter) finish() {
	w.set = time.Time{}
	w.extend()
}

func (w *stallWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *stallWriter) WriteHeader(status int) {
	w.extend()
	if status >= 200 || status == http.StatusSwitchingProtocols {
		w.started = true
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *stallWriter) Write(p []byte) (int, error) {
	w.extend()
	w.started = true
	return w.ResponseWriter.Write(p)
}

func (w *stallWriter) Flush() {
	w.extend()
	w.started = true
	_ = w.ctl.Flush()
}

// sendChunk is how much of a file may go out under one deadline: at the default stall, a client slower than 12 KB/s
// counts as standing still.
const sendChunk = 1 << 20 // 1 MiB

// ReadFrom keeps the kernel's file-to-socket copy, in chunks that each get a deadline of their own.
func (w *stallWriter) ReadFrom(src io.Reader) (n int64, err error) {
	lr, ok := src.(*io.LimitedReader)
	if !ok {
		return io.Copy(writerOnly{w}, src)
	}
	f, ok := lr.R.(*os.File)
	rf, ok2 := w.ResponseWriter.(io.ReaderFrom)
	if !ok || !ok2 {
		return io.Copy(writerOnly{w}, src)
	}
	w.started = true
	for lr.N > 0 {
		w.set = time.Time{}
		w.extend()
		// The server takes the fast way only for a LimitedReader directly around a file.
		part := &io.LimitedReader{R: f, N: min(lr.N, sendChunk)}
		m, err := rf.ReadFrom(part)
		n += m
		lr.N -= m
		if err != nil || m == 0 {
			return n, err
		}
	}
	return n, nil
}

// writerOnly hides ReadFrom, which io.Copy would call again.
type writerOnly struct{ io.Writer }

// boundBody lets a request body stand still for at most stall. A body nobody reads, because the request is refused, is
// bounded by the same deadline: the server drains a short one before it takes the next request.
func boundBody(w http.ResponseWriter, body io.ReadCloser, stall time.Duration) io.ReadCloser {
	if body == nil || body == http.NoBody {
		return body
	}
	b := &stallBody{ReadCloser: body, ctl: http.NewResponseController(w), stall: stall}
	b.extend()
	return b
}

type stallBody struct {
	io.ReadCloser
	ctl   *http.ResponseController
	stall time.Duration
}

func (b *stallBody) extend() { _ = b.ctl.SetReadDeadline(time.Now().Add(b.stall)) }

func (b *stallBody) Read(p []byte) (int, error) {
	b.extend()
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		// At its end the server goes on reading, to notice a client that leaves; a deadline left behind would look
		// like one and cut a long response short.
		_ = b.ctl.SetReadDeadline(time.Time{})
	}
	return n, err
}
