// Package bench measures, on the machine it runs on, what minting and checking a token cost beside what crypto/rsa alone
// takes, one by one and in bulk, and how an edge answers a signed URL. It makes a key of its own, writes nothing and contacts nobody but the URL
// it is given.
package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"
)

// Config says how long to measure, and what. The zero value takes about eighteen seconds.
type Config struct {
	// Time is how long each of the four groups is measured: minting, checking, minting in bulk on one processor, and on all;
	// 0: 4 s, at most MaxTime. There are at least three rounds.
	Time time.Duration

	// Slice is how long one side of a comparison runs before the next takes its turn; 0: 0.5 ms, at most Time. In bulk it is
	// 200 times as long, or Time if that is shorter.
	Slice time.Duration

	// VectorOff is why the vector engines are not to be used, for minting and for checking; "": they are used where the
	// machine has what they need.
	VectorOff string

	// Load, if it has a URL, is measured after the Figures.
	Load LoadConfig
}

// MaxTime is the most that Config.Time and LoadConfig.Time may be.
const MaxTime = 10 * time.Second

const (
	defaultTime  = 4 * time.Second
	defaultSlice = 500 * time.Microsecond // much less than another process gets when it interrupts: most rounds are then not interrupted
)

// withDefaults gives cfg filled in, or an error that names the field.
func (cfg Config) withDefaults() (Config, error) {
	if cfg.Time == 0 {
		cfg.Time = defaultTime
	}
	if cfg.Slice == 0 {
		cfg.Slice = min(defaultSlice, cfg.Time)
	}
	switch {
	case cfg.Time < 0 || cfg.Time > MaxTime:
		return Config{}, fmt.Errorf("bench: Config.Time %s is not between 0 and %s", cfg.Time, MaxTime)
	case cfg.Slice < 0 || cfg.Slice > cfg.Time:
		return Config{}, fmt.Errorf("bench: Config.Slice %s is not between 0 and %s", cfg.Slice, cfg.Time)
	}
	var err error
	cfg.Load, err = cfg.Load.withDefaults()
	return cfg, err
}

// Run measures. It ends with ctx's error soon after ctx does. For the Figures and half of Bulk the whole program is held to
// one processor (GOMAXPROCS 1), which is put back before Run returns: run nothing else meanwhile, and no two Runs at once.
//
// A Load that does not get its answers is an error, a *StatusError or one whose text does not hold the URL; what had been
// measured before is lost.
func Run(ctx context.Context, cfg Config) (*Result, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	// Before the seconds that the Figures take: a URL that is refused should be told at once.
	if cfg.Load.URL != "" {
		if err := probe(ctx, cfg.Load); err != nil {
			return nil, err
		}
	}
	r := &Result{Machine: thisMachine()}
	if err = r.measure(ctx, cfg); err != nil {
		return nil, err
	}
	if cfg.Load.URL != "" {
		if r.Load, err = load(ctx, cfg.Load); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// measure measures all but the URL, on one processor unless a side is to have all.
func (r *Result) measure(ctx context.Context, cfg Config) error {
	all := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(all)
	f, err := newFixture(cfg.VectorOff)
	if err != nil {
		return err
	}
	if r.Figures, err = f.figures(ctx, cfg); err != nil {
		return err
	}
	r.Bulk, err = f.bulk(ctx, cfg, all)
	return err
}

func (f *fixture) figures(ctx context.Context, cfg Config) (Figures, error) {
	mint, err := inTurn(ctx, cfg, f.signRSA, f.mint)
	if err != nil {
		return Figures{}, err
	}
	sides := []side{f.verifyRSA, f.verifyCold(f.cold), f.verifyWarm, f.rules5}
	if f.coldVector != nil {
		sides = append(sides, f.verifyCold(f.coldVector))
	}
	check, err := inTurn(ctx, cfg, sides...)
	if err != nil {
		return Figures{}, err
	}
	allocs, err := allocations(f.verifyWarm)
	if err != nil {
		return Figures{}, err
	}
	figures := Figures{
		RSASignNS:   mint[0].ns,
		MintNS:      mint[1].ns,
		RSAVerifyNS: check[0].ns,
		ColdNS:      check[1].ns,
		WarmNS:      check[2].ns,
		Rules5NS:    check[3].ns,

		MintRatio: mint[1].ratio,
		ColdRatio: check[1].ratio,
		WarmRatio: check[2].ratio,

		WarmAllocs: allocs,
		TokenBytes: len(f.tokens[0]),
		TokenRules: len(threeRules),
		LiveTokens: len(f.tokens),
		KeyBits:    keyBits,
		Processors: 1,

		ColdVectorWhy: f.coldVectorWhy,
	}
	if f.coldVector != nil {
		figures.ColdVectorNS, figures.ColdVectorRatio = check[4].ns, check[4].ratio
	}
	return figures, nil
}

// errSlow is a side that does not come to an end of even one call.
var errSlow = errors.New("bench: one call takes longer than a second")
