package bench

import "time"

// Result is what Run measured. As JSON it is one flat object; Load is a member of its own, absent when none was asked for.
type Result struct {
	Figures
	Machine
	Load *Load `json:"url,omitempty"`
}

// Figures are times on one processor, nanoseconds a call, each the median of its rounds. A ratio is the median of the
// rounds' own ratios, and so not quite the quotient of the times.
type Figures struct {
	RSASignNS   float64 `json:"rsa_sign_ns"`    // rsa.SignPKCS1v15 alone
	MintNS      float64 `json:"mint_ns"`        // signer.Sign, a finished token
	RSAVerifyNS float64 `json:"rsa_verify_ns"`  // rsa.VerifyPKCS1v15 alone
	ColdNS      float64 `json:"verify_cold_ns"` // Verifier.Verify, nothing remembered: token to claims and compiled rules
	WarmNS      float64 `json:"verify_warm_ns"` // Gate.Decide with a remembered token: everything, its rules included
	Rules5NS    float64 `json:"rules5_ns"`      // five compiled rules, of which the last decides

	WarmAllocs uint64 `json:"verify_warm_allocs"` // allocations of one Gate.Decide

	MintRatio float64 `json:"mint_ratio"`        // MintNS beside RSASignNS
	ColdRatio float64 `json:"verify_cold_ratio"` // ColdNS beside RSAVerifyNS
	WarmRatio float64 `json:"verify_warm_ratio"` // WarmNS beside RSAVerifyNS

	TokenBytes int `json:"token_bytes"`
	TokenRules int `json:"token_rules"`
	LiveTokens int `json:"live_tokens"` // among which WarmNS goes round
	KeyBits    int `json:"key_bits"`
	Processors int `json:"gomaxprocs"`
}

// Load is how a server answered.
type Load struct {
	Requests    int           `json:"requests"`
	Connections int           `json:"connections"`
	Bytes       int64         `json:"bytes"` // of bodies
	Took        time.Duration `json:"took_ns"`
	PerSecond   float64       `json:"requests_per_second"`
	P50         time.Duration `json:"p50_ns"` // half of the answers were complete by then
	P99         time.Duration `json:"p99_ns"`
}
