//go:build integration

package durable

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// exchange finds a request by its User-Agent, and the beginning of its answer. The request has been read at read.ended, no byte
// of the answer is sent before write.begun.
func exchange(calls []syscall, tag string) (read, write syscall, err error) {
	found := false
	for _, c := range calls {
		switch {
		case !found && c.name == "read" && strings.Contains(c.data, "\r\nUser-Agent: "+tag+"\r\n"):
			read, found = c, true
		case found && c.name == "write" && c.path == read.path && c.begun > read.ended:
			if !strings.HasPrefix(c.data, "HTTP/1.1 200 OK\r\n") {
				return read, write, fmt.Errorf("%s: the answer begins with %.30q", tag, c.data)
			}
			return read, c, nil
		}
	}
	return read, write, fmt.Errorf("%s: the trace has no such request with an answer", tag)
}

// synced proves that a change was on disk before it was acknowledged: between the request and the answer, a frame that holds id
// was appended to SQLite's log, then or with it the frame that commits, and then a sync of the log began and succeeded
// (sqlite.org/fileformat2.html, section 4: a frame is a header of 24 bytes and a page, and that of a commit has the size of
// the database in its second four bytes).
func synced(calls []syscall, wal, tag, id string) error {
	request, response, err := exchange(calls, tag)
	if err != nil {
		return err
	}
	const headerBytes = 24
	var held, committed bool
	var commit int64 // offset of the page of the last frame, if that commits
	last := 0        // the line on which the commit was written
	for _, c := range calls {
		if c.path != wal || c.begun <= request.ended || c.ended >= response.begun || c.injected {
			continue
		}
		switch c.name {
		case "pwrite64":
			if c.cut || c.result != int64(len(c.data)) {
				return fmt.Errorf("%s: a write to the log was cut short", tag)
			}
			if len(c.data) == headerBytes {
				commit = 0
				if c.data[4:8] != "\x00\x00\x00\x00" {
					commit = c.offset + headerBytes
				}
				continue
			}
			held = held || strings.Contains(c.data, id)
			if held && commit != 0 && c.offset == commit {
				committed, last = true, c.ended
			}
		case "fsync", "fdatasync":
			if committed && c.begun > last && c.result == 0 {
				return nil
			}
		}
	}
	switch {
	case !held:
		return fmt.Errorf("%s: %s was not written before the answer", tag, id)
	case !committed:
		return fmt.Errorf("%s: nothing was committed before the answer", tag)
	}
	return fmt.Errorf("%s: not synced before the answer", tag)
}

// acknowledged is a change to look for: its request, and what must be on disk.
type acknowledged struct{ tag, id string }

// everyChange makes, renames, rotates and deletes one of everything, and gives what was acknowledged.
func everyChange(t *testing.T, c *client) []acknowledged {
	t.Helper()
	var list []acknowledged
	do := func(what string, f func() (id string, err error)) string {
		t.Helper()
		c.tag = "durable-" + what
		id, err := f()
		require.NoError(t, err, what)
		require.NotEmpty(t, id)
		list = append(list, acknowledged{c.tag, id})
		return id
	}
	make := func(what, path string, body any) string {
		t.Helper()
		return do(what, func() (string, error) {
			var k key
			_, err := c.change(http.MethodPost, path, body, &k)
			return k.ID + k.UID, err
		})
	}
	touch := func(what, method, path string, body any, id string) {
		t.Helper()
		do(what, func() (string, error) {
			_, err := c.change(method, path, body, nil)
			return id, err
		})
	}

	do("own-key", func() (string, error) { // an account's first token makes its key
		var v struct{ Token string }
		if _, err := c.change(http.MethodPost, "/stream/ea95132c15732412d22c1476fa83f27a/token", nil, &v); err != nil {
			return "", err
		}
		return member(v.Token, 0, "kid")
	})
	id := make("key-create", "/stream/keys", nil)
	touch("key-delete", http.MethodDelete, "/stream/keys/"+id, nil, id)

	var r relay
	do("relay-create", func() (id string, err error) {
		r, err = c.createRelay("stage")
		return r.UID, err
	})
	path := "/moq/relays/" + r.UID
	touch("relay-rename", http.MethodPut, path, map[string]any{"name": "another-name-altogether"}, "another-name-altogether")
	for _, slot := range []string{both, one, both} {
		do(fmt.Sprintf("rotate-%d", len(list)), func() (string, error) {
			jti, _, err := c.rotate(r.UID, slot)
			return jti, err
		})
	}
	id = do("token-create", func() (string, error) {
		var made relay
		_, err := c.change(http.MethodPost, path+"/tokens", map[string]any{"operations": []string{"subscribe"}}, &made)
		if err != nil {
			return "", err
		}
		return made.Issuers[0].Tokens[0].JTI, nil
	})
	touch("token-delete", http.MethodDelete, path+"/tokens/"+id, nil, id)
	touch("relay-delete", http.MethodDelete, path, nil, r.UID)

	id = make("turn-create", "/calls/turn_keys", map[string]any{"name": "phones"})
	touch("turn-rename", http.MethodPut, "/calls/turn_keys/"+id, map[string]any{"name": "telephones-and-tablets"}, "telephones-and-tablets")
	touch("turn-delete", http.MethodDelete, "/calls/turn_keys/"+id, nil, id)
	require.Len(t, list, 14)
	return list
}

// traced gives the beginning of a command line under strace, which is not the program's parent but leaves it to be ours, and
// what reads the trace once the program has ended.
func traced(t *testing.T) (prefix []string, read func(s *server) []syscall) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "trace")
	prefix = append(append([]string{"strace", "-D"}, straceFlags...), "-o", file)
	return prefix, func(s *server) []syscall {
		t.Helper()
		s.stop(t)
		var data []byte
		eventually(t, "strace writes the last line", func() bool {
			var err error
			data, err = os.ReadFile(file)
			require.NoError(t, err)
			end := data[bytes.LastIndexByte(bytes.TrimSuffix(data, []byte("\n")), '\n')+1:]
			return bytes.HasPrefix(end, fmt.Appendf(nil, "%d ", s.pid)) && bytes.HasSuffix(end, []byte(" +++ exited with 0 +++\n"))
		})
		calls, err := parseTrace(bytes.NewReader(data))
		require.NoError(t, err)
		return calls
	}
}

// TestSynced: every kind of change was synced before its answer, and a trace in which the syncs are missing, too late, failed
// or made up is not taken for that.
func TestSynced(t *testing.T) {
	p := newPlace(t, "--lease", "60s")
	prefix, read := traced(t)
	s := p.serve(t, prefix...)
	changes := everyChange(t, s.api(t))
	calls := read(s)
	wal := p.db() + "-wal"
	for _, a := range changes {
		require.NoError(t, synced(calls, wal, a.tag, a.id))
	}

	require.True(t, slices.ContainsFunc(calls, func(c syscall) bool {
		return c.name == "fsync" && filepath.Dir(c.path) == p.state() && strings.HasPrefix(filepath.Base(c.path), ".new-") && c.result == 0
	}), "the master key, without which nothing of it can be read")

	for name, calls := range spoiled(calls) {
		for _, a := range changes {
			require.Error(t, synced(calls, wal, a.tag, a.id), "%s: %s", name, a.tag)
		}
	}
}

// spoiled gives the trace as it would be if no sync were worth anything, in different ways.
func spoiled(calls []syscall) map[string][]syscall {
	all := map[string][]syscall{}
	for name, spoil := range map[string]func(c *syscall){
		"none":      func(c *syscall) { c.name = "read" },
		"elsewhere": func(c *syscall) { c.path += "-elsewhere" },
		"failed":    func(c *syscall) { c.result, c.error = -1, "EIO" },
		"made up":   func(c *syscall) { c.injected = true },
		"too late":  func(c *syscall) { c.ended = calls[len(calls)-1].ended },
		"too early": func(c *syscall) { c.begun = 0 },
	} {
		list := slices.Clone(calls)
		for i := range list {
			if list[i].name == "fsync" || list[i].name == "fdatasync" {
				spoil(&list[i])
			}
		}
		all[name] = list
	}
	return all
}

// TestNotSynced: of a program that does not sync, the same trace says so.
func TestNotSynced(t *testing.T) {
	for synchronous, want := range map[string]string{"OFF": "not synced before the answer", "NORMAL": "not synced before the answer", "FULL": ""} {
		t.Run(synchronous, func(t *testing.T) {
			db := filepath.Join(t.TempDir(), "db")
			program, err := os.Executable()
			require.NoError(t, err)
			prefix, read := traced(t)
			dsn := "file:" + db + "?_pragma=journal_mode(WAL)&_pragma=synchronous(" + synchronous + ")"
			s := start(t, append(os.Environ(), serveSQLite+"="+dsn), append(prefix, program)...)
			c := s.api(t)
			c.tag = "durable-control"
			const id = "0123456789abcdef0123456789abcdef"
			a, err := c.call(http.MethodPost, "/"+id, nil)
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, a.status, "%s", a.body)
			err = synced(read(s), db+"-wal", c.tag, id)
			if want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, want)
			}
		})
	}
}
