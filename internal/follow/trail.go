package follow

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
)

// maxLinks is how many symbolic links are resolved before the path is taken for a loop.
const maxLinks = 40

// trail is every directory entry whose replacement changes what a path leads to: directory -> names in it.
// A file below /etc/keys/..data, say, is on the trail with the link ..data that a ConfigMap swaps. A directory whose every
// entry counts has nil names.
type trail map[string]map[string]bool

// newTrail resolves path, which may end nowhere: then its trail is as far as it goes.
func newTrail(path string, wholeDir bool) (trail, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	t := trail{}
	dir, todo := split(abs)
	for links := 0; len(todo) > 0; {
		name := todo[0]
		todo = todo[1:]
		if name == ".." { // only from a link: Abs has cleaned the rest
			dir = filepath.Dir(dir)
			continue
		}
		next := filepath.Join(dir, name)
		target, err := os.Readlink(next)
		if err != nil { // no link
			if len(todo) == 0 {
				t.add(dir, name)
			}
			dir = next
			continue
		}
		t.add(dir, name)
		if links++; links > maxLinks {
			return t, nil
		}
		if filepath.IsAbs(target) {
			var head []string
			dir, head = split(filepath.Clean(target))
			todo = append(head, todo...)
		} else {
			todo = append(parts(target), todo...)
		}
	}
	if wholeDir {
		t[dir] = nil
	}
	return t, nil
}

// split gives the root of a clean absolute path and the names below it.
func split(abs string) (root string, names []string) {
	vol := filepath.VolumeName(abs)
	root = vol + string(filepath.Separator)
	return root, parts(strings.TrimPrefix(abs, root))
}

func parts(rel string) []string {
	var out []string
	for p := range strings.SplitSeq(filepath.ToSlash(rel), "/") {
		if p != "" && p != "." {
			out = append(out, p)
		}
	}
	return out
}

func (t trail) add(dir, name string) {
	names, ok := t[dir]
	if ok && names == nil {
		return
	}
	if !ok {
		names = map[string]bool{}
		t[dir] = names
	}
	names[name] = true
}

// concerns reports whether a change of the entry at path touches the trail.
func (t trail) concerns(path string) bool {
	names, ok := t[filepath.Dir(path)]
	return ok && (names == nil || names[filepath.Base(path)])
}

func (t trail) equal(u trail) bool {
	return maps.EqualFunc(t, u, func(a, b map[string]bool) bool { return (a == nil) == (b == nil) && maps.Equal(a, b) })
}
