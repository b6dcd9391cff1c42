package store

import (
	"context"
	"encoding/json"
	"errors"
	"math"
)

// CreateRelay is described at Store: ErrExists for a uid that is or was in use, ErrLimit beyond MaxRelays or MaxRelayTokens.
// A zero Modified is Created. The configuration is not judged here (moq.RelayConfig.Validate).
func (s *sqlStore) CreateRelay(ctx context.Context, by By, r Relay, tokens []RelayToken) (int64, error) {
	if r.Modified.IsZero() {
		r.Modified = r.Created
	}
	if err := errors.Join(checkID("uid", r.UID), checkText("name", r.Name, maxNameBytes), checkTime("created", r.Created), checkTime("modified", r.Modified)); err != nil {
		return 0, err
	}
	for _, t := range tokens {
		if err := checkToken(t); err != nil {
			return 0, err
		}
	}
	config, err := marshalConfig(r)
	if err != nil {
		return 0, err
	}
	return s.change(ctx, by, func(t *tx) (event, error) {
		if err := t.claim(spaceRelay, r.UID); err != nil {
			return event{}, err
		}
		if err := t.count(kindRelay, MaxRelays); err != nil {
			return event{}, err
		}
		if len(tokens) > MaxRelayTokens {
			return event{}, ErrLimit
		}
		if _, err := t.exec(`INSERT INTO relays (uid, account, name, config, created, modified, epoch) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			r.UID, by.Account, r.Name, config, nanos(r.Created), nanos(r.Modified), t.epoch); err != nil {
			return event{}, err
		}
		for i, token := range tokens {
			if err := t.addToken(r.UID, token, i); err != nil {
				return event{}, err
			}
		}
		return event{action: "create", kind: kindRelay, subject: r.UID}, nil
	})
}

const relayColumns = `uid, name, config, created, modified`

// Relays is described at Store.
func (s *sqlStore) Relays(ctx context.Context, account string, q RelayQuery) (page []Relay, total int, err error) {
	if q.Limit < 0 {
		return nil, 0, invalid("limit is negative")
	}
	after, before := int64(math.MinInt64), int64(math.MaxInt64)
	if !q.CreatedAfter.IsZero() {
		after = nanos(q.CreatedAfter)
	}
	if !q.CreatedBefore.IsZero() {
		before = nanos(q.CreatedBefore)
	}
	limit := int64(math.MaxInt64)
	if q.Limit > 0 {
		limit = int64(q.Limit)
	}
	order := `created DESC, epoch DESC`
	if q.Ascending {
		order = `created, epoch`
	}
	err = s.view(ctx, func(ctx context.Context, tx querier) (err error) {
		page, err = list(ctx, tx, scanListed, `SELECT uid, name, created, modified FROM relays
			WHERE account = $1 AND created > $2 AND created < $3 ORDER BY `+order+` LIMIT $4`, account, after, before, limit)
		switch {
		case err != nil:
			return err
		case int64(len(page)) < limit:
			total = len(page)
			return nil
		case after == math.MinInt64 && before == math.MaxInt64: // all of them are counted already
			return wrap(tx.QueryRowContext(ctx, `SELECT n FROM counts WHERE account = $1 AND kind = $2`, account, kindRelay).Scan(&total))
		}
		return wrap(tx.QueryRowContext(ctx, `SELECT count(*) FROM relays WHERE account = $1 AND created > $2 AND created < $3`,
			account, after, before).Scan(&total))
	})
	if err != nil {
		return nil, 0, err
	}
	return page, total, nil
}

// Relay is described at Store.
func (s *sqlStore) Relay(ctx context.Context, account, uid string) (Relay, error) {
	ctx, cancel, err := s.reading(ctx)
	if err != nil {
		return Relay{}, err
	}
	defer cancel()
	return relay(ctx, s.r, account, uid)
}

func relay(ctx context.Context, q querier, account, uid string) (Relay, error) {
	r, err := scanRelay(q.QueryRowContext(ctx, `SELECT `+relayColumns+` FROM relays WHERE account = $1 AND uid = $2`, account, uid).Scan)
	if err != nil {
		return Relay{}, wrap(err)
	}
	return r, nil
}

func scanRelay(scan func(...any) error) (r Relay, err error) {
	var config []byte
	var created, modified int64
	if err := scan(&r.UID, &r.Name, &config, &created, &modified); err != nil {
		return Relay{}, err
	}
	r.Created, r.Modified = fromNanos(created), fromNanos(modified)
	return r, json.Unmarshal(config, &r.Config)
}

// scanListed leaves out the configuration: reading it took half of the time of a long page, and no list shows it.
func scanListed(scan func(...any) error) (r Relay, err error) {
	var created, modified int64
	if err := scan(&r.UID, &r.Name, &created, &modified); err != nil {
		return Relay{}, err
	}
	r.Created, r.Modified = fromNanos(created), fromNanos(modified)
	return r, nil
}

func marshalConfig(r Relay) (string, error) {
	b, err := json.Marshal(r.Config)
	if err != nil {
		return "", err
	}
	return string(b), checkText("config", string(b), maxConfigBytes)
}

// UpdateRelay is described at Store. It sets Modified; what change does to the other fields is not kept. change must not
// call the store: it would wait for itself.
func (s *sqlStore) UpdateRelay(ctx context.Context, by By, uid string, change func(*Relay) error) (Relay, int64, error) {
	var r Relay
	var refused error
	epoch, err := s.change(ctx, by, func(t *tx) (event, error) {
		was, err := relay(t.ctx, t, by.Account, uid)
		if err != nil {
			return event{}, err
		}
		r = was
		if refused = change(&r); refused != nil {
			return event{}, refused
		}
		r.UID, r.Created, r.Modified = was.UID, was.Created, t.after(was.Modified)
		if err := checkText("name", r.Name, maxNameBytes); err != nil {
			return event{}, err
		}
		config, err := marshalConfig(r)
		if err != nil {
			return event{}, err
		}
		_, err = t.exec(`UPDATE relays SET name = $2, config = $3, modified = $4 WHERE uid = $1`, uid, r.Name, config, nanos(r.Modified))
		return event{action: "update", kind: kindRelay, subject: uid}, err
	})
	switch {
	case refused != nil:
		return Relay{}, 0, refused
	case err != nil:
		return Relay{}, 0, err
	}
	return r, epoch, nil
}

// DeleteRelay is described at Store.
func (s *sqlStore) DeleteRelay(ctx context.Context, by By, uid string) (int64, error) {
	return s.change(ctx, by, func(t *tx) (event, error) {
		if err := t.hasRelay(uid); err != nil {
			return event{}, err
		}
		if _, err := t.exec(`UPDATE ids SET deleted = $2 WHERE space = 'token' AND id IN (SELECT jti FROM relay_tokens WHERE relay = $1)`,
			uid, nanos(t.at)); err != nil {
			return event{}, err
		}
		for _, step := range []string{`DELETE FROM relay_tokens WHERE relay = $1`, `DELETE FROM relays WHERE uid = $1`} {
			if _, err := t.exec(step, uid); err != nil {
				return event{}, err
			}
		}
		return event{action: "delete", kind: kindRelay, subject: uid}, errors.Join(t.retire(spaceRelay, uid), t.uncount(kindRelay))
	})
}

// hasRelay is ErrNotFound if the account has no such relay.
func (t *tx) hasRelay(uid string) error {
	var n int
	return t.scan(`SELECT 1 FROM relays WHERE account = $1 AND uid = $2`, []any{t.by.Account, uid}, &n)
}
