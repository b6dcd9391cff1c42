package follow

import (
	"context"
	"fmt"

	"github.com/fsnotify/fsnotify"
)

// watch hints at changes of what path leads to; with wholeDir path is a directory and every entry in it counts.
//
// Directories are watched, never files: a file watch follows the old inode when a new file is renamed over it, which is how
// deployments and editors save. When the way itself changes (a link swapped, a directory replaced) the watch ends, and the
// Follower makes a new one.
func watch(ctx context.Context, path string, wholeDir bool) (<-chan struct{}, error) {
	t, err := newTrail(path, wholeDir)
	if err != nil {
		return nil, err
	}
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watching %s: %w", path, err)
	}
	for dir := range t {
		if err := w.Add(dir); err != nil {
			w.Close()
			return nil, fmt.Errorf("watching %s: %w", path, err)
		}
	}
	hints := make(chan struct{}, 1)
	go func() {
		defer close(hints)
		defer w.Close()
		for ctx.Err() == nil && hintOnce(ctx, w, t, path, wholeDir, hints) {
		}
	}()
	return hints, nil
}

// hintOnce handles one event; false ends the watch.
func hintOnce(ctx context.Context, w *fsnotify.Watcher, t trail, path string, wholeDir bool, hints chan<- struct{}) bool {
	select {
	case <-ctx.Done():
		return false
	case _, ok := <-w.Errors:
		// An overflow lost events: what they were is found by looking. Anything else ends in the same place.
		hint(hints)
		return ok
	case ev, ok := <-w.Events:
		if !ok {
			return false
		}
		if _, isDir := t[ev.Name]; isDir && ev.Has(fsnotify.Remove|fsnotify.Rename) {
			return false // the directory itself went: its watch is dead
		}
		if !t.concerns(ev.Name) || ev.Op == fsnotify.Chmod {
			return true
		}
		hint(hints)
		now, err := newTrail(path, wholeDir)
		return err == nil && now.equal(t)
	}
}

// hint never blocks: one hint waiting is as good as many.
func hint(hints chan<- struct{}) {
	select {
	case hints <- struct{}{}:
	default:
	}
}
