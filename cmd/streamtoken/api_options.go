package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

type apiOptions struct {
	listen         string
	tokenFile      string
	store          string
	masterKey      string
	lease          time.Duration
	turnHost       string
	tlsCert        string
	tlsKey         string
	insecureListen bool
	key            string
	keyID          string

	// of api restore
	keepCredentials bool
	adopt           bool

	set func(flag string) bool
}

// socket gives the path of --listen unix:PATH, "" if it is an address.
func (o *apiOptions) socket() string {
	path, ok := strings.CutPrefix(o.listen, "unix:")
	if !ok {
		return ""
	}
	return path
}

// validate refuses what is wrong with the flags before anything is read or made.
func (o *apiOptions) validate() error {
	if err := o.validateFiles(); err != nil {
		return err
	}
	for _, f := range []struct{ flag, value string }{{"--listen", o.listen}, {"--turn-host", o.turnHost}, {"--key-id", o.keyID}} {
		if len(f.value) > 255 || looksLikeSecret(f.value) { // these are shown back
			return usagef("%s: the value is too long, or looks like a key or token", f.flag)
		}
	}
	switch {
	case (o.tlsCert == "") != (o.tlsKey == ""):
		return usagef("--tls-cert and --tls-key belong together")
	case o.lease < minLease || o.lease > maxLease:
		return usagef("--lease: the value is not between %v and %v", minLease, maxLease)
	case o.turnHost != "" && strings.ContainsAny(o.turnHost, "/:?#@ "):
		return withHint(usagef("--turn-host: the value is not a host name"), "a name or an IPv4 address alone, without scheme or port")
	}
	if strings.HasPrefix(o.listen, "unix:") {
		return o.validateSocket()
	}
	if o.set("key") {
		return withHint(usagef("--key needs --listen unix:PATH"), "a minter asks nobody for a token: it is for who may open its socket")
	}
	if err := checkListen(o.listen); err != nil {
		return err
	}
	host, _, _ := net.SplitHostPort(o.listen)
	if !loopback(host) && o.tlsCert == "" && !o.insecureListen {
		return withHint(usagef("--listen: beyond this machine bearer tokens would travel in plain text"),
			"give --tls-cert and --tls-key, or --insecure-listen if a TLS proxy is in front")
	}
	return nil
}

func (o *apiOptions) validateSocket() error {
	if err := checkFileName("--listen unix:", o.socket()); err != nil {
		return err
	}
	switch {
	case o.tlsCert != "":
		return usagef("--tls-cert is not for a socket")
	case o.insecureListen:
		return usagef("--insecure-listen is not for a socket")
	case !o.set("key") && o.set("key-id"):
		return usagef("--key-id needs --key")
	case !o.set("key"):
		return nil
	}
	for _, flag := range []string{"token-file", "store", "master-key", "lease", "turn-host"} {
		if o.set(flag) {
			return withHint(usagef("--%s and --key exclude each other", flag), "with --key there is no state and no token: leave one of them out")
		}
	}
	return nil
}

// validateFiles looks at the flags that say where something lies.
func (o *apiOptions) validateFiles() error {
	for _, f := range []struct{ flag, value string }{
		{"token-file", o.tokenFile}, {"master-key", o.masterKey}, {"tls-cert", o.tlsCert}, {"tls-key", o.tlsKey}, {"key", o.key},
	} {
		if !o.set(f.flag) {
			continue
		}
		if err := checkFileName("--"+f.flag, f.value); err != nil {
			return err
		}
		if f.value == "-" {
			return usagef("--%s takes the name of a file, not standard input", f.flag)
		}
	}
	if !o.set("store") {
		return nil
	}
	if path, ok := strings.CutPrefix(o.store, "sqlite:"); ok {
		return checkFileName("--store sqlite:", path)
	}
	u, err := url.Parse(o.store)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Host == "" && u.RawQuery == "" && u.Path == "" {
		// Not repeated: it may hold a password.
		return withHint(usagef("--store: the value is neither sqlite:PATH nor postgres://..."), "such as sqlite:api.db or postgres://user@db.example/streamtoken")
	}
	if _, has := u.User.Password(); has || u.Query().Has("password") || u.Query().Has("sslpassword") {
		return withHint(usagef("--store: a command line is seen by other users, and the value holds a password"),
			"put it into ~/.pgpass, or a file that PGPASSFILE names: HOST:PORT:DATABASE:USER:PASSWORD")
	}
	return nil
}

// apiFiles are the places of what the API keeps.
type apiFiles struct {
	dir       string // where those lie that were not named; "" if all were
	tokens    string
	masterKey string
	store     string // a URL
}

// places fills in where what was not named lies.
func (o *apiOptions) places(env *environment) (apiFiles, error) {
	f := apiFiles{tokens: o.tokenFile, masterKey: o.masterKey, store: o.store}
	if f.tokens != "" && f.masterKey != "" && f.store != "" {
		return f, nil
	}
	dir, err := stateDir(env.getenv)
	if err != nil {
		return apiFiles{}, err
	}
	f.dir = dir
	if f.tokens == "" {
		f.tokens = filepath.Join(dir, "api-token")
	}
	if f.masterKey == "" {
		f.masterKey = filepath.Join(dir, "api-master-key")
	}
	if f.store == "" {
		f.store = "sqlite:" + filepath.Join(dir, "api.db")
	}
	return f, nil
}

// database gives the path of an SQLite database, "" if it is not one.
func (f apiFiles) database() string {
	path, _ := strings.CutPrefix(f.store, "sqlite:")
	if path == f.store {
		return ""
	}
	return path
}

// shownStore names the state without user and password.
func (f apiFiles) shownStore() string {
	if f.database() != "" {
		return f.store
	}
	if u, err := url.Parse(f.store); err == nil {
		return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
	}
	return "PostgreSQL"
}

// stateDir is where a program keeps what must outlast it (XDG Base Directory Specification; a relative path there "must be
// ignored").
func stateDir(getenv func(string) string) (string, error) {
	if dir := getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "streamtoken"), nil
	}
	home := getenv("HOME")
	if home == "" && runtime.GOOS == "windows" {
		home = getenv("USERPROFILE")
	}
	if !filepath.IsAbs(home) {
		return "", withHint(errors.New("there is no place for the state: neither XDG_STATE_HOME nor HOME is set"),
			"name all of --store, --master-key and --token-file")
	}
	return filepath.Join(home, ".local", "state", "streamtoken"), nil
}

// makeStateDir makes dir for its owner alone. One that others may write to is refused: they could put a key there.
func makeStateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fileError("make", "directory", dir, err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fileError("read", "directory", dir, err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0 {
		return withHint(fmt.Errorf("other users can write to %s (mode %04o)", dir, info.Mode().Perm()), "run: chmod 700 "+dir)
	}
	return nil
}
