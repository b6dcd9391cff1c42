package bench

import (
	"context"
	"iter"
	"runtime"
	"sync"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/signer"
)

// bulkSlices is how many slices a side of the bulk groups runs before the next takes its turn. A loop over SignAll begins
// and ends with batches that are not full; among a hundred tokens that is seen, among a thousand it is not.
const bulkSlices = 200

// bulk measures minting by many: SignAll with each engine beside crypto/rsa, on one processor and then on all, where single
// calls are measured, too.
func (f *fixture) bulk(ctx context.Context, cfg Config, processors int) (Bulk, error) {
	cfg.Slice = min(cfg.Slice*bulkSlices, cfg.Time)
	b := Bulk{BulkEngine: cryptoRSA, BulkWhy: f.vectorWhy}
	one := []side{f.signRSA, f.mintAll(f.signer)}
	all := []side{onAll(f.signRSA), onAll(f.mint), f.mintAll(f.signer)}
	if f.vector != nil {
		b.BulkEngine = vectorName
		one, all = append(one, f.mintAll(f.vector)), append(all, f.mintAll(f.vector))
	}
	alone, err := inTurn(ctx, cfg, one...)
	if err != nil {
		return Bulk{}, err
	}
	runtime.GOMAXPROCS(processors)
	together, err := inTurn(ctx, cfg, all...)
	runtime.GOMAXPROCS(1)
	if err != nil {
		return Bulk{}, err
	}
	b.BulkRSASignNS = alone[0].ns
	b.BulkStdNS, b.BulkStdRatio = alone[1].ns, alone[1].ratio
	b.AllProcessors = processors
	b.AllRSASignNS = together[0].ns
	b.AllMintNS, b.AllMintRatio = together[1].ns, together[1].ratio
	b.AllStdNS, b.AllStdRatio = together[2].ns, together[2].ratio
	b.BulkMintNS, b.BulkMintRatio = b.BulkStdNS, b.BulkStdRatio
	b.AllBulkMintNS, b.AllBulkMintRatio = b.AllStdNS, b.AllStdRatio
	if f.vector != nil {
		b.BulkVectorNS, b.BulkVectorRatio = alone[2].ns, alone[2].ratio
		b.AllVectorNS, b.AllVectorRatio = together[3].ns, together[3].ratio
		b.BulkMintNS, b.BulkMintRatio = b.BulkVectorNS, b.BulkVectorRatio
		b.AllBulkMintNS, b.AllBulkMintRatio = b.AllVectorNS, b.AllVectorRatio
	}
	return b, nil
}

// mintAll is a side whose calls are tokens of one loop over SignAll.
func (f *fixture) mintAll(s *signer.Signer) side {
	return func(n int) error {
		for _, err := range s.SignAll(context.Background(), f.manyClaims(n)) {
			if err != nil {
				return err
			}
		}
		return nil
	}
}

func (f *fixture) manyClaims(n int) iter.Seq[streamtoken.Claims] {
	return func(yield func(streamtoken.Claims) bool) {
		for range n {
			if !yield(f.claims) {
				return
			}
		}
	}
}

// onAll shares the calls of s among as many goroutines as Go uses processors.
func onAll(s side) side {
	return func(n int) error {
		procs := runtime.GOMAXPROCS(0)
		errs := make([]error, procs)
		var running sync.WaitGroup
		for i := range procs {
			running.Go(func() { errs[i] = s(n/procs + btoi(i < n%procs)) })
		}
		running.Wait()
		for _, err := range errs {
			if err != nil {
				return err
			}
		}
		return nil
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
