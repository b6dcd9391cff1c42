package store

import (
	"context"
	"errors"
	"strings"

	"github.com/streamtoken/streamtoken/moq"
)

// CreateRelayToken is described at Store: ErrExists for a jti that is or was in use, in whatever relay, and for a slot that
// is taken.
func (s *sqlStore) CreateRelayToken(ctx context.Context, by By, relay string, token RelayToken) (int64, error) {
	if err := checkToken(token); err != nil {
		return 0, err
	}
	return s.change(ctx, by, func(t *tx) (event, error) {
		if err := t.hasRelay(relay); err != nil {
			return event{}, err
		}
		if token.Slot != NoSlot {
			if _, err := t.inSlot(relay, token.Slot); !errors.Is(err, ErrNotFound) {
				return event{}, errors.Join(err, ErrExists)
			}
		}
		return event{action: "create", kind: kindRelay, subject: relay, detail: token.JTI}, t.addToken(relay, token, 0)
	})
}

// RelayTokens is described at Store.
func (s *sqlStore) RelayTokens(ctx context.Context, account, uid string) (tokens []RelayToken, err error) {
	err = s.view(ctx, func(ctx context.Context, q querier) error {
		if _, err := relay(ctx, q, account, uid); err != nil {
			return err
		}
		tokens, err = list(ctx, q, scanToken, `SELECT `+tokenColumns+` FROM relay_tokens WHERE relay = $1 ORDER BY `+tokenOrder, uid)
		return err
	})
	if err != nil {
		return nil, err
	}
	return tokens, nil
}

// RotateRelayToken is described at Store. t.Slot is required. ErrLimit: the slot is empty, and the relay has MaxRelayTokens
// besides; ErrExists: the jti is or was in use. So a rotation whose answer was lost is done again with a new token, never
// with the same.
func (s *sqlStore) RotateRelayToken(ctx context.Context, by By, relay string, token RelayToken) (int64, error) {
	if token.Slot == NoSlot {
		return 0, invalid("a token outside the slots is not rotated")
	}
	if err := checkToken(token); err != nil {
		return 0, err
	}
	return s.change(ctx, by, func(t *tx) (event, error) {
		if err := t.hasRelay(relay); err != nil {
			return event{}, err
		}
		old, err := t.inSlot(relay, token.Slot)
		switch {
		case err == nil:
			err = t.dropToken(relay, old)
		case errors.Is(err, ErrNotFound):
			err = nil
		}
		if err != nil {
			return event{}, err
		}
		return event{action: "rotate", kind: kindRelay, subject: relay, detail: string(token.Slot) + " " + token.JTI}, t.addToken(relay, token, 0)
	})
}

// DeleteRelayToken is described at Store. Where nothing was to be done it gives the epoch that holds.
func (s *sqlStore) DeleteRelayToken(ctx context.Context, by By, relay, jti string) (int64, error) {
	return s.change(ctx, by, func(t *tx) (event, error) {
		if err := t.hasRelay(relay); err != nil {
			return event{}, err
		}
		err := t.dropToken(relay, jti)
		if errors.Is(err, ErrNotFound) {
			return event{}, nil
		}
		return event{action: "delete", kind: kindRelay, subject: relay, detail: jti}, err
	})
}

// inSlot gives the jti of the token in a slot.
func (t *tx) inSlot(relay string, slot Slot) (jti string, err error) {
	err = t.scan(`SELECT jti FROM relay_tokens WHERE relay = $1 AND slot = $2`, []any{relay, string(slot)}, &jti)
	return jti, err
}

// addToken adds a token, the place-th of those that are added at once, if the relay has not too many.
func (t *tx) addToken(relay string, token RelayToken, place int) error {
	var n int
	if err := t.scan(`SELECT count(*) FROM relay_tokens WHERE relay = $1`, []any{relay}, &n); err != nil {
		return err
	}
	if n >= MaxRelayTokens {
		return ErrLimit
	}
	if err := t.claim(spaceToken, token.JTI); err != nil {
		return err
	}
	_, err := t.exec(`INSERT INTO relay_tokens (jti, relay, slot, operations, label, created, expires, epoch, place)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, token.JTI, relay, string(token.Slot), joinOperations(token.Operations),
		token.Label, nanos(token.Created), nanos(token.Expires), t.epoch, place)
	return err
}

// dropToken takes a token out: ErrNotFound if it is not there.
func (t *tx) dropToken(relay, jti string) error {
	if err := found(t.exec(`DELETE FROM relay_tokens WHERE relay = $1 AND jti = $2`, relay, jti)); err != nil {
		return err
	}
	return t.retire(spaceToken, jti)
}

// Newest first; of those made at once the first comes first.
const (
	tokenColumns = `jti, slot, operations, label, created, expires`
	tokenOrder   = `created DESC, epoch DESC, place`
)

func scanToken(scan func(...any) error) (t RelayToken, err error) {
	var slot, operations string
	var created, expires int64
	if err := scan(&t.JTI, &slot, &operations, &t.Label, &created, &expires); err != nil {
		return RelayToken{}, err
	}
	t.Slot, t.Operations = Slot(slot), splitOperations(operations)
	t.Created, t.Expires = fromNanos(created), fromNanos(expires)
	return t, nil
}

func joinOperations(ops []moq.Operation) string {
	names := make([]string, len(ops))
	for i, op := range ops {
		names[i] = string(op)
	}
	return strings.Join(names, " ")
}

func splitOperations(s string) []moq.Operation {
	var ops []moq.Operation
	for name := range strings.FieldsSeq(s) {
		ops = append(ops, moq.Operation(name))
	}
	return ops
}

// checkToken refuses a token that cannot be kept. That the operations fit the slot is not looked at.
func checkToken(t RelayToken) error {
	if err := errors.Join(checkID("jti", t.JTI), checkText("label", t.Label, maxNameBytes),
		checkTime("created", t.Created), checkTime("expires", t.Expires)); err != nil {
		return err
	}
	if t.Slot != NoSlot && t.Slot != PublishSubscribe && t.Slot != Subscribe {
		return invalid("slot is unknown")
	}
	if len(t.Operations) == 0 {
		return invalid("a token without operations")
	}
	for i, op := range t.Operations {
		if op != moq.Publish && op != moq.Subscribe {
			return invalid("operation is unknown")
		}
		for _, other := range t.Operations[:i] {
			if op == other {
				return invalid("an operation is there twice")
			}
		}
	}
	return nil
}
