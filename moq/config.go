package moq

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// RelayConfig is how a relay is set up, as the control API writes it. Both generations of the API are in it: the first has
// lingering_subscribe and origin_fallback, the current one has upstreams ("Cloudflare MoQ: use the API"). A nil part is one
// that was not given.
type RelayConfig struct {
	LingeringSubscribe *LingeringSubscribe `json:"lingering_subscribe,omitempty"`
	OriginFallback     *OriginFallback     `json:"origin_fallback,omitempty"`
	Upstreams          *Upstreams          `json:"upstreams,omitempty"`
}

// LingeringSubscribe lets a subscription wait for a publisher who is not there yet.
type LingeringSubscribe struct {
	Enabled      bool  `json:"enabled"`
	MaxTimeoutMS int64 `json:"max_timeout_ms"` // 0 to MaxLingeringMS
}

// OriginFallback names where to ask for what nobody publishes here.
type OriginFallback struct {
	Enabled bool     `json:"enabled"`
	Origins []Origin `json:"origins"`
}

// Upstreams is what the current generation has in place of OriginFallback.
type Upstreams struct {
	Enabled   bool     `json:"enabled"`
	Upstreams []Origin `json:"upstreams"`
}

// Origin is one relay or server to ask.
type Origin struct {
	URL string `json:"url"` // absolute, moqt:// or https://
}

// Limits and defaults of a RelayConfig. Those of origins are this project's own; Cloudflare names none.
const (
	DefaultLingeringMS = 30_000  // "default 30000" (Cloudflare API: MoQ relays)
	MaxLingeringMS     = 300_000 // "0 to 300000"
	MaxOrigins         = 32      // in one list
	MaxOriginURLBytes  = 2048
)

// DefaultRelayConfig is what a relay has that was given no configuration: "lingering subscribe enabled, 30s ceiling, origin
// fallback off" (Cloudflare API: MoQ relays).
func DefaultRelayConfig() RelayConfig {
	return RelayConfig{
		LingeringSubscribe: &LingeringSubscribe{Enabled: true, MaxTimeoutMS: DefaultLingeringMS},
		OriginFallback:     &OriginFallback{Origins: []Origin{}},
	}
}

// ConfigError says what is wrong with a RelayConfig, and where. Msg never quotes a value.
type ConfigError struct {
	Pointer string // RFC 6901, from the configuration on: "/upstreams/upstreams/0/url"; "" is all of it
	Msg     string

	// OriginURL is set if it is the address of an origin or upstream that is refused, which the control API reports with a
	// code of its own.
	OriginURL bool
}

func (e *ConfigError) Error() string { return "moq: relay config" + e.Pointer + ": " + e.Msg }

// Validate gives nil or a *ConfigError for the first that is wrong: a max_timeout_ms that is not 0 to MaxLingeringMS;
// lingering_subscribe and origin_fallback both enabled, which exclude each other; more than MaxOrigins in a list; an address
// that is not absolute, with a host, moqt or https as its scheme, no user, at most MaxOriginURLBytes. Nil parts, and lists
// that are empty, are good. It does not look whether anything answers at an address.
func (c RelayConfig) Validate() error {
	if l := c.LingeringSubscribe; l != nil && (l.MaxTimeoutMS < 0 || l.MaxTimeoutMS > MaxLingeringMS) {
		return &ConfigError{Pointer: "/lingering_subscribe/max_timeout_ms", Msg: fmt.Sprintf("must be 0 to %d", MaxLingeringMS)}
	}
	if c.OriginFallback != nil {
		if err := validOrigins("/origin_fallback/origins", c.OriginFallback.Origins); err != nil {
			return err
		}
		if c.OriginFallback.Enabled && c.LingeringSubscribe != nil && c.LingeringSubscribe.Enabled {
			return &ConfigError{Pointer: "/origin_fallback/enabled", Msg: "excludes lingering_subscribe: disable one of the two"}
		}
	}
	if c.Upstreams != nil {
		return validOrigins("/upstreams/upstreams", c.Upstreams.Upstreams)
	}
	return nil
}

func validOrigins(pointer string, list []Origin) error {
	if len(list) > MaxOrigins {
		return &ConfigError{Pointer: pointer, Msg: fmt.Sprintf("must have at most %d entries", MaxOrigins)}
	}
	for i, o := range list {
		if why := originFault(o.URL); why != "" {
			return &ConfigError{Pointer: pointer + "/" + strconv.Itoa(i) + "/url", Msg: why, OriginURL: true}
		}
	}
	return nil
}

// originFault says what is wrong with an address, "" if nothing is.
func originFault(s string) string {
	const needed = "must be an absolute URL with a host, beginning moqt:// or https://"
	if s == "" {
		return needed
	}
	if len(s) > MaxOriginURLBytes {
		return fmt.Sprintf("must be at most %d bytes", MaxOriginURLBytes)
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == '\\' { // readers differ about these
			return "must be printable ASCII, without blanks or backslashes"
		}
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "moqt" && u.Scheme != "https" || u.Opaque != "" || u.Hostname() == "" {
		return needed
	}
	if u.User != nil {
		return "must not hold a user or password"
	}
	if strings.Contains(s, "#") {
		return "must not have a fragment"
	}
	if n, err := strconv.ParseUint(u.Port(), 10, 16); (err != nil || n == 0) && (u.Port() != "" || strings.HasSuffix(u.Host, ":")) {
		return "must have a port of 1 to 65535, or none"
	}
	return ""
}
