package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/streamtoken/streamtoken/store"
)

// addingWait bounds what a call waits for that only adds something: nothing is lost if a node learns of it later.
const addingWait = 500 * time.Millisecond

// taken waits until no node answers from a state before epoch, and says in a how that is known. If it cannot be known the
// call is answered 503, though the change has been made: to ask again is safe, and an answer of success would promise what
// nobody can keep.
func (h *handler) taken(c *call, epoch int64, a answer) (answer, error) {
	done, err := h.node.Await(c.request.Context(), epoch)
	if err != nil {
		return answer{}, &fault{
			status: http.StatusServiceUnavailable, code: codeUnconfirmed, retry: time.Second,
			message: "The change has been made, but it is not known whether every node has learnt of it; the request may be sent again",
		}
	}
	return a.settled(done), nil
}

// notTaken answers for a call that could not take something away. What is not there may have been there in an older epoch: who
// deletes once more, because the first answer was lost or was 503, is not told that it is gone while a node may still know it.
func (h *handler) notTaken(c *call, epoch int64, err error, what string) (answer, error) {
	if !errors.Is(err, store.ErrNotFound) {
		return answer{}, err
	}
	if _, err := h.taken(c, epoch, answer{}); err != nil {
		return answer{}, err
	}
	return answer{}, notFound(what)
}

// added waits a little for the nodes. What was added is there, whatever comes of that.
func (h *handler) added(c *call, epoch int64, a answer) (answer, error) {
	ctx, cancel := context.WithTimeout(c.request.Context(), addingWait)
	defer cancel()
	done, err := h.node.Await(ctx, epoch)
	if err != nil {
		a.messages = append(a.messages, notice{Code: codePending, Message: "The change is stored; some node may learn of it later"})
		return a, nil
	}
	return a.settled(done), nil
}

func (a answer) settled(done store.Invalidation) answer {
	a.invalidated = done.String()
	n := notice{Code: codeAcknowledged, Message: "Every live node has acknowledged the change"}
	if done.Expired > 0 {
		n = notice{Code: codeLeaseExpired, Message: "The change holds on every node: those that have not acknowledged it have lost their lease"}
	}
	a.messages = append(a.messages, n)
	return a
}
