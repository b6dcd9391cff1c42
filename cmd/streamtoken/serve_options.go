package main

import (
	"errors"
	"io/fs"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/streamtoken/streamtoken/edge"
	"github.com/streamtoken/streamtoken/middleware"
	"github.com/streamtoken/streamtoken/verifier"
)

type serveOptions struct {
	keys           []string
	origin         string
	root           string
	trustedProxies []string
	listen         string
	tlsCert        string
	tlsKey         string
	geoip          string
	countryHeader  string
	clientIPHeader string
	mount          string
	queryParam     string
	cookie         string
	bearer         bool
	methods        []string
	downloadPaths  []string
	allowedOrigins []string
	leeway         time.Duration
	cacheSize      string
	coldLimit      int
	keyID          string
	logIP          bool
	check          bool
}

// config is the edge that the flags describe, without what has to be opened first: the keys and the database.
func (o *serveOptions) config() (edge.Config, error) {
	if err := o.validate(); err != nil {
		return edge.Config{}, err
	}
	cfg := edge.Config{
		Root:    o.root,
		TLSCert: o.tlsCert,
		TLSKey:  o.tlsKey,
		Middleware: middleware.Config{
			Mount:          o.mount,
			QueryParam:     o.queryParam,
			Cookie:         o.cookie,
			Bearer:         o.bearer,
			Methods:        o.methods,
			DownloadPaths:  downloadPaths(o.downloadPaths),
			AllowedOrigins: o.allowedOrigins,
			ClientIPHeader: o.clientIPHeader,
			CountryHeader:  o.countryHeader,
			LogIP:          o.logIP,
		},
	}
	for _, s := range o.trustedProxies {
		p, err := parseProxy(s)
		if err != nil {
			return edge.Config{}, err
		}
		cfg.Middleware.TrustedProxies = append(cfg.Middleware.TrustedProxies, p)
	}
	if o.origin != "" {
		u, err := url.Parse(o.origin)
		if err != nil || u.Host == "" {
			// Not repeated: it may carry a password.
			return edge.Config{}, withHint(usagef("--origin: the value is not a URL"), "such as http://127.0.0.1:8080")
		}
		cfg.Origin = u
	}
	return cfg, nil
}

// verifier is the part of the flags that is about checking tokens. Now stays nil: the verifier's own clock takes half of the time of
// time.Now, which would be a third of checking a remembered token.
func (o *serveOptions) verifier(keys verifier.KeySet) verifier.Config {
	return verifier.Config{
		Keys:       keys,
		Leeway:     o.leeway,
		CacheBytes: cacheBytes(o.cacheSize),
		ColdLimit:  o.coldLimit,
	}
}

// validate refuses what is wrong with the flags before anything is read.
func (o *serveOptions) validate() error {
	if err := checkKeySources(o.keys); err != nil {
		return err
	}
	switch {
	case o.origin == "" && o.root == "":
		return withHint(usagef("--origin or --root is missing"), "--origin names the server to protect, --root a directory of files")
	case o.origin != "" && o.root != "":
		return usagef("--origin and --root exclude each other")
	case (o.tlsCert == "") != (o.tlsKey == ""):
		return usagef("--tls-cert and --tls-key belong together")
	case o.geoip != "" && o.countryHeader != "":
		return usagef("--geoip and --country-header exclude each other")
	case o.countryHeader != "" && len(o.trustedProxies) == 0:
		return withHint(usagef("--country-header needs --trusted-proxy"), "from anybody else the header proves nothing")
	case o.clientIPHeader != "" && len(o.trustedProxies) == 0:
		return withHint(usagef("--client-ip-header needs --trusted-proxy"), "from anybody else the header proves nothing")
	}
	if _, err := parseSize(o.cacheSize); err != nil {
		return withHint(usagef("--cache-bytes: the value is not a size"), "bytes, or with KiB, MiB or GiB, such as 64MiB; 0 turns the memory off")
	}
	if o.coldLimit < 1 {
		return usagef("--cold-limit: the value is not 1 or more")
	}
	for _, f := range []struct{ flag, value string }{{"--root", o.root}, {"--geoip", o.geoip}, {"--tls-cert", o.tlsCert}, {"--tls-key", o.tlsKey}} {
		if f.value == "" {
			continue
		}
		if err := checkFileName(f.flag, f.value); err != nil {
			return err
		}
	}
	for _, f := range o.plainValues() {
		for _, v := range f.values {
			// These are shown back, in errors or in the log's first lines.
			if len(v) > 128 || v != "" && looksLikeSecret(v) {
				return usagef("%s: the value is too long, or looks like a key or token", f.flag)
			}
		}
	}
	for _, f := range []struct{ flag, name string }{{"--query-param", o.queryParam}, {"--cookie", o.cookie}} {
		if strings.Count(f.name, ".") >= 2 {
			// "--cookie TOKEN" would put the token into the log's first lines.
			return withHint(usagef("%s: the value looks like a token", f.flag), "it is the name under which tokens come, such as token")
		}
	}
	return checkListen(o.listen)
}

// fieldFlags are the flags that fill the fields which errors of the packages below name.
var fieldFlags = map[string]string{
	"AllowedOrigins": "--allowed-origin",
	"ClientIPHeader": "--client-ip-header",
	"Cookie":         "--cookie",
	"CountryHeader":  "--country-header",
	"DownloadPaths":  "--download-path",
	"Leeway":         "--leeway",
	"Methods":        "--method",
	"Mount":          "--mount",
	"QueryParam":     "--query-param",
	"TrustedProxies": "--trusted-proxy",
}

// edgeError words an error about the edge's configuration with the flags that the user gave.
func (o *serveOptions) edgeError(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		switch path.Path {
		case o.root:
			return fileError("open", "directory", o.root, err)
		case o.tlsCert:
			return fileError("read", "TLS certificate", o.tlsCert, err)
		case o.tlsKey:
			return fileError("read", "TLS key", o.tlsKey, err)
		}
	}
	text := strings.TrimPrefix(packageName.ReplaceAllString(err.Error(), "$1"), "Config.")
	end := strings.IndexAny(text, " :")
	if end < 0 {
		return err
	}
	if flag := fieldFlags[text[:end]]; flag != "" {
		return errors.New(flag + text[end:])
	}
	return err
}

type flagValues struct {
	flag   string
	values []string
}

// plainValues are those of the flags that name no file.
func (o *serveOptions) plainValues() []flagValues {
	return []flagValues{
		{"--listen", []string{o.listen}},
		{"--country-header", []string{o.countryHeader}},
		{"--client-ip-header", []string{o.clientIPHeader}},
		{"--mount", []string{o.mount}},
		{"--query-param", []string{o.queryParam}},
		{"--cookie", []string{o.cookie}},
		{"--key-id", []string{o.keyID}},
		{"--method", o.methods},
		{"--download-path", o.downloadPaths},
		{"--allowed-origin", o.allowedOrigins},
	}
}

// parseProxy reads a prefix, or a single address.
func parseProxy(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, withHint(usagef("--trusted-proxy: the value is neither an address nor a CIDR prefix"), "such as 127.0.0.1 or 10.0.0.0/8")
	}
	return p.Masked(), nil
}

// downloadPaths turns --download-path into the middleware's list: nil for its default, "+" before a pattern adds to it.
func downloadPaths(patterns []string) []string {
	if len(patterns) == 0 {
		return nil
	}
	var list []string
	replaced := false
	for _, p := range patterns {
		p, added := strings.CutPrefix(p, "+")
		replaced = replaced || !added
		list = append(list, p)
	}
	if !replaced {
		list = append(list, "downloads/**", "clip.mp4")
	}
	return list
}
