package verifier

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/streamtoken/streamtoken/internal/follow"
	"github.com/streamtoken/streamtoken/internal/jwk"
)

const (
	maxKeyDirBytes = 16 << 20 // all files of a key directory together
	maxKeyFiles    = 1024
)

// keySuffixes are the names read in a directory of keys.
func keySuffixes() []string { return []string{".json", ".jwks", ".jwk", ".pem", ".pub"} }

// keySource is one path of public keys, a file or a directory.
type keySource struct {
	path  string
	isDir bool
	// keyID fills the gap of a key without an id, in a file. strictID: it must then be among the ids of the file.
	keyID    string
	strictID bool
}

// offer is a key and the file that offers it.
type offer struct {
	key    *Key
	origin string
}

// newKeySources looks at each path once to tell files from directories.
func newKeySources(paths []string, keyID string) ([]keySource, error) {
	if len(paths) == 0 {
		return nil, errors.New("verifier: no file or directory of public keys given")
	}
	var sources []keySource
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("verifier: %w", err)
		}
		s := keySource{path: path, isDir: info.IsDir()}
		if !s.isDir {
			// Beside other paths the id is for the one that needs it; alone, there is no other it could be for.
			s.keyID, s.strictID = keyID, len(paths) == 1
		}
		sources = append(sources, s)
	}
	if keyID != "" && !slices.ContainsFunc(sources, func(s keySource) bool { return !s.isDir }) {
		return nil, errors.New("verifier: a key id names the key of a single file; in a directory the file's name is its id")
	}
	return sources, nil
}

func (s keySource) source() follow.Source {
	if s.isDir {
		return follow.DirSource(s.path, keySuffixes(), maxKeyDirBytes, maxKeyFiles)
	}
	return follow.FileSource(s.path, jwk.MaxPublicBytes)
}

// read parses every file of a snapshot. One that is refused refuses the whole snapshot: half a directory would take keys
// out of force that nobody removed.
func (s keySource) read(snap follow.Snapshot) (offers []offer, warnings []string, err error) {
	for _, file := range snap.Files {
		var keys []*Key
		var warned []string
		origin := s.path
		switch {
		case s.isDir:
			origin = filepath.Join(s.path, file.Name)
			keys, warned, err = parseKeys(file.Data, nameID(file.Name))
		case s.strictID:
			keys, warned, err = ParseKeys(file.Data, s.keyID)
		default:
			keys, warned, err = parseKeys(file.Data, s.keyID)
		}
		if err != nil {
			if s.isDir { // else the path says which
				err = fmt.Errorf("%s: %w", file.Name, err)
			}
			return nil, nil, err
		}
		for _, w := range warned {
			warnings = append(warnings, origin+": "+w)
		}
		for _, k := range keys {
			offers = append(offers, offer{k, origin})
		}
	}
	if len(offers) == 0 {
		return nil, nil, fmt.Errorf("no public keys in the directory (files named *%s)", strings.Join(keySuffixes(), ", *"))
	}
	return offers, warnings, nil
}

// nameID is the id that a file's name gives the key in it: the name without its suffixes, "a" for a.pem and a.pub.pem.
func nameID(name string) string {
	for {
		ext := strings.ToLower(filepath.Ext(name))
		if !slices.Contains(keySuffixes(), ext) || len(ext) == len(name) {
			return name
		}
		name = name[:len(name)-len(ext)]
	}
}
