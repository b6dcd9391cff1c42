package follow

import (
	"context"
	"strings"
	"sync"
)

// Join follows several sources as one thing whose parts change together, such as a certificate and its key: a snapshot has the
// files of all of them, in the order given, and is read only if all of them can be.
func Join(sources ...Source) Source { return joined(sources) }

type joined []Source

func (j joined) Read(ctx context.Context) (Snapshot, error) {
	var all Snapshot
	for i, s := range j {
		one, err := s.Read(ctx)
		if err != nil {
			return Snapshot{}, err
		}
		all.Files = append(all.Files, one.Files...)
		if i > 0 {
			all.Version += "+"
		}
		all.Version += one.Version
		if !one.AsOf.IsZero() && (all.AsOf.IsZero() || one.AsOf.Before(all.AsOf)) {
			all.AsOf = one.AsOf
		}
	}
	return all, nil
}

// Watch joins the hints of all sources. When one watch ends all do: the Follower then begins anew. A source that cannot be
// watched leaves all of them to polling.
func (j joined) Watch(parent context.Context) (<-chan struct{}, error) {
	ctx, cancel := context.WithCancel(parent)
	var watches []<-chan struct{}
	for _, s := range j {
		w, err := s.Watch(ctx)
		if err != nil || w == nil {
			cancel()
			for _, w := range watches {
				drain(w)
			}
			return nil, err
		}
		watches = append(watches, w)
	}
	hints := make(chan struct{}, 1)
	var running sync.WaitGroup
	for _, w := range watches {
		running.Go(func() {
			defer cancel()
			for range w {
				hint(hints)
			}
		})
	}
	go func() {
		running.Wait()
		cancel()
		close(hints)
	}()
	return hints, nil
}

func (j joined) String() string {
	names := make([]string, len(j))
	for i, s := range j {
		names[i] = s.String()
	}
	return strings.Join(names, ", ")
}
