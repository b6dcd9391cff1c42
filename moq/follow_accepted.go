package moq

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	streamtoken "github.com/streamtoken/streamtoken"
)

// AcceptedFollower is the accepted sets of some relays, kept up with a control API over HTTP. Safe for concurrent use.
//
// A change at the API is known here after one Poll, plus the time of a request: that is how long a token that was taken back
// may still be accepted. A set that could not be confirmed for its max_age_ms, counted from before the last request that
// brought or confirmed it, and by whichever clock says more went by, is not used any more: everything is then refused until
// the API answers again. A server of the API that is cut off from the others goes on answering from what it knows for its own
// lease, so the longest that a token can outlive its rotation, with everything failing, is one lease more.
//
// A document that is older than one seen before (by its epoch) is refused, and the newer one kept: behind a balancer another
// server may lag, and a server may have lost its newest changes. A restore of the API's state moves its epoch ahead, so that
// followers go with it; where the state was put back by other means and not adopted (package store), they refuse it.
type AcceptedFollower struct {
	relays  map[string]*followed[acceptedDocument]
	changed changes
}

var _ Accepted = (*AcceptedFollower)(nil)

// errAcceptedStale is what Accepts gives when it cannot tell.
var errAcceptedStale = fmt.Errorf("moq: the accepted set could not be confirmed in time: %w", streamtoken.ReasonRevocationsUnavailable)

// FollowAccepted reads the documents "/-/relays/{id}/accepted" of cfg.Relays and follows them until Close. It fails if one of
// them cannot be read, or says that it may be used for less than two of cfg.Poll.
func FollowAccepted(cfg FollowConfig) (*AcceptedFollower, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if len(cfg.Relays) == 0 || len(cfg.Relays) > MaxFollowedRelays {
		return nil, fmt.Errorf("moq: FollowConfig.Relays must name 1 to %d relays", MaxFollowedRelays)
	}
	a := &AcceptedFollower{relays: map[string]*followed[acceptedDocument]{}}
	for _, relay := range cfg.Relays {
		err := errors.New("moq: FollowConfig.Relays: one is no uid (32 lower-case hexadecimal digits), or is named twice")
		var f *followed[acceptedDocument]
		if ValidID(relay) && a.relays[relay] == nil {
			f, err = a.follow(cfg, relay)
		}
		if err != nil {
			a.Close()
			return nil, err
		}
		a.relays[relay] = f
	}
	return a, nil
}

func (a *AcceptedFollower) follow(cfg FollowConfig, relay string) (*followed[acceptedDocument], error) {
	poll := cfg.Poll
	if poll == 0 {
		poll = defaultFollowPoll
	}
	for {
		f := &followed[acceptedDocument]{changed: &a.changed}
		f.parse = func(data []byte, before *acceptedDocument) (doc acceptedDocument, maxAge time.Duration, same bool, err error) {
			if doc, err = parseAccepted(data, relay); err != nil {
				return acceptedDocument{}, 0, false, err
			}
			if maxAge = doc.maxAge; cfg.MaxAge > 0 {
				maxAge = min(maxAge, cfg.MaxAge)
			}
			if before == nil {
				return doc, maxAge, false, nil
			}
			if doc.epoch < before.epoch {
				return acceptedDocument{}, 0, false, fmt.Errorf("it is of epoch %d, and %d was seen already", doc.epoch, before.epoch)
			}
			return doc, maxAge, maps.Equal(doc.accepted, before.accepted), nil
		}
		src, err := cfg.source("/-/relays/"+relay+"/accepted", maxAcceptedBytes, poll)
		if err == nil {
			err = f.start(src, poll, cfg.Log)
		}
		if err != nil {
			return nil, fromFollow(err)
		}
		maxAge := f.current.Load().maxAge
		switch {
		case 2*poll <= maxAge && (cfg.Poll > 0 || poll == minFollowPoll || 4*poll <= maxAge):
			return f, nil
		case cfg.Poll > 0 || poll == minFollowPoll:
			f.close()
			return nil, fmt.Errorf("moq: FollowConfig.Poll of %v is too long: the accepted set may be used for %v", poll, maxAge)
		}
		f.close() // and again, at the pace that its answers need
		poll = max(maxAge/4, minFollowPoll)
	}
}

// Accepts implements Accepted. A relay that is not followed accepts nothing.
func (a *AcceptedFollower) Accepts(relay, jti string) (bool, error) {
	f := a.relays[relay]
	if f == nil {
		return false, nil
	}
	doc := f.get()
	if doc == nil {
		return false, errAcceptedStale
	}
	_, ok := doc.accepted[jti]
	return ok, nil
}

// Changed implements Accepted.
func (a *AcceptedFollower) Changed() <-chan struct{} { return a.changed.next() }

// Err says what is wrong with the documents at this moment: nil if the last look at each was good. With an error the sets are
// still used until their time is over.
func (a *AcceptedFollower) Err() error {
	var errs []error
	for _, f := range a.relays {
		if err := f.err(); err != nil {
			errs = append(errs, fromFollow(err))
		}
	}
	return errors.Join(errs...)
}

// Close stops following. From then on Accepts gives an error for the relays that were followed. The error is always nil.
func (a *AcceptedFollower) Close() error {
	for _, f := range a.relays {
		f.close()
	}
	return nil
}

// fromFollow puts our name on an error of the package that follows.
func fromFollow(err error) error {
	if text, ok := strings.CutPrefix(err.Error(), "follow: "); ok {
		return fmt.Errorf("moq: %s", text)
	}
	return fmt.Errorf("moq: %w", err)
}
