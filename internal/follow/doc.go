// Package follow keeps the newest good version of a file, a directory or a URL in force while it changes.
//
// A Source reads the thing followed, a Follower looks at it again and again and hands every new version to Accept, which takes
// it or refuses it. A refused version changes nothing: the one before stays in force, the refusal is logged once for that
// content, and Status tells. The same holds when the source cannot be read at all: a file that a deployment unlinks for a
// moment must not take every key or the whole country database with it. To take something back, write a version without it.
//
// Polling is the truth. Events of the operating system, where there are any, only make the next look come sooner, so network
// mounts, exhausted watch limits and replaced directories cost a delay of at most one poll interval and nothing else.
//
// The package does not know what it follows, and it checks nothing about the content: that is Accept's part.
package follow

import (
	"context"
	"errors"
	"time"
)

// ErrClosed is what Check gives after Close.
var ErrClosed = errors.New("follow: closed")

// File is one file's content.
type File struct {
	Name string // base name, without the directory
	Data []byte // belongs to whoever accepts the snapshot; the source keeps no reference
}

// Snapshot is one version of what is followed. Files are sorted by name; a directory without matching files gives none, which
// is not an error here.
type Snapshot struct {
	Files   []File
	Version string // changes when the content does, and only then; never empty

	// AsOf is a moment at which this was still the newest content; zero: when Read was called. A document that comes from
	// far, or from a cache, has it from before it was asked for.
	AsOf time.Time
}

// Source reads the thing followed. It belongs to one Follower, which calls Read from one goroutine at a time.
//
// A source that answers from a cache (a URL with an ETag, inside its cooldown) gives the cached snapshot again: an unchanged
// Version costs the Follower one comparison.
type Source interface {
	// Read gives the current snapshot, bounded in bytes and files. It gives up when ctx is done.
	Read(ctx context.Context) (Snapshot, error)
	// Watch signals on the channel that a Read is worth while; a nil channel means only polling. The source closes the
	// channel when the watch has ended, by itself or because ctx is done, after everything it started has stopped.
	Watch(ctx context.Context) (<-chan struct{}, error)
	// String names the source in logs: a path or a URL without credentials.
	String() string
}

// unchanger is what a Source may add so that a routine look need not read a large file again.
type unchanger interface {
	// Unchanged reports that the next Read would surely give what the last one gave. In doubt it says no.
	Unchanged() bool
}
