package moq

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
	MaxTimeoutMS int64 `json:"max_timeout_ms"` // 0 to 300,000 ms
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
