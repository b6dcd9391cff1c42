package bench

import "time"

// Result is what Run measured. As JSON it is one flat object; Load is a member of its own, absent when none was asked for.
type Result struct {
	Figures
	Bulk
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

	// The same with the engine of package verifier/vector; 0 and absent where it cannot be used, for which there is a reason.
	ColdVectorNS    float64 `json:"verify_cold_vector_ns,omitempty"`
	ColdVectorRatio float64 `json:"verify_cold_vector_ratio,omitempty"`
	ColdVectorWhy   string  `json:"verify_cold_vector_why,omitempty"`

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

// Bulk are times of minting by many, nanoseconds a finished token: on one processor, and by the clock on all of them
// together. Ratios are as in Figures, to crypto/rsa's signature alone in the same rounds and on as many processors. What the
// vector engine would take is 0, and absent from the JSON, where it cannot be used.
type Bulk struct {
	BulkEngine string `json:"bulk_engine"` // what bulk minting takes on this machine: "vector" or "crypto/rsa"
	BulkWhy    string `json:"bulk_engine_why"`

	BulkMintNS    float64 `json:"bulk_mint_ns"` // with that engine: one of the next two
	BulkMintRatio float64 `json:"bulk_mint_ratio"`

	BulkRSASignNS   float64 `json:"bulk_rsa_sign_ns"` // rsa.SignPKCS1v15 alone, in these rounds
	BulkStdNS       float64 `json:"bulk_std_ns"`      // signer.SignAll with crypto/rsa
	BulkStdRatio    float64 `json:"bulk_std_ratio"`
	BulkVectorNS    float64 `json:"bulk_vector_ns,omitempty"` // signer.SignAll with package signer/vector
	BulkVectorRatio float64 `json:"bulk_vector_ratio,omitempty"`

	AllProcessors    int     `json:"all_gomaxprocs"`
	AllRSASignNS     float64 `json:"all_rsa_sign_ns"`
	AllMintNS        float64 `json:"all_mint_ns"` // signer.Sign, as many callers as processors
	AllMintRatio     float64 `json:"all_mint_ratio"`
	AllBulkMintNS    float64 `json:"all_bulk_mint_ns"` // with BulkEngine: one of the next two
	AllBulkMintRatio float64 `json:"all_bulk_mint_ratio"`
	AllStdNS         float64 `json:"all_bulk_std_ns"`
	AllStdRatio      float64 `json:"all_bulk_std_ratio"`
	AllVectorNS      float64 `json:"all_bulk_vector_ns,omitempty"`
	AllVectorRatio   float64 `json:"all_bulk_vector_ratio,omitempty"`
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
