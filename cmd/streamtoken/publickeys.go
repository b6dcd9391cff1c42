package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/streamtoken/streamtoken/verifier"
)

// checkKeySources refuses what --keys cannot name.
func checkKeySources(names []string) error {
	if len(names) == 0 {
		return withHint(usagef("--keys is missing"), "it names the public keys; make them with: streamtoken jwks key.json > keys.json")
	}
	for _, name := range names {
		if scheme, _, ok := strings.Cut(name, "://"); ok && isWord(scheme) {
			return withHint(usagef("--keys: a URL cannot be read yet"), "fetch the set into a file and name that")
		}
		if name == "-" {
			return usagef("--keys names a file or directory, not standard input")
		}
		if err := checkFileName("--keys", name); err != nil {
			return err
		}
	}
	return nil
}

// publicKeysHint adds what probably went wrong to an error of reading public keys.
func publicKeysHint(err error, paths []string, keyID string) error {
	var path *fs.PathError
	switch {
	case errors.Is(err, verifier.ErrPrivateKey):
		// The error carries this advice too, without the file's name.
		text := strings.Replace(err.Error(), verifier.ErrPrivateKey.Error(), "a private or symmetric key stands where only public keys belong", 1)
		return withHint(errors.New(text), fmt.Sprintf("a verifier needs public keys only; make the set with: streamtoken jwks %s > keys.json", jwksArgument(paths)))
	case errors.As(err, &path):
		return fileError("read", "public keys", path.Path, err)
	case strings.HasSuffix(err.Error(), "not a regular file"):
		return withHint(err, "write the set into a file first: a pipe or device cannot be followed")
	case keyID == "" && strings.Contains(err.Error(), "no usable public key") && strings.Contains(err.Error(), "carries no id"):
		return withHint(err, "PEM carries no key id: give it as --key-id")
	}
	return err
}

// jwksArgument is how "streamtoken jwks" would be told of the private key among paths.
func jwksArgument(paths []string) string {
	const unknown = "KEYFILE"
	if len(paths) != 1 {
		return unknown
	}
	info, err := os.Stat(paths[0])
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxKeyFileBytes {
		return unknown
	}
	if data, err := os.ReadFile(paths[0]); err == nil && bytes.Contains(data, []byte("-----BEGIN")) {
		return "--key-id ID " + paths[0]
	}
	return paths[0]
}

// geoipError says of a country database that could not be opened that it was one.
func geoipError(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return fileError("read", "country database", path.Path, err)
	}
	return fmt.Errorf("country database: %w", err)
}
