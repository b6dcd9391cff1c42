package store

import (
	"context"
	"errors"
)

// CreateStreamKey is described at Store. The key is not looked into: that it is RSA, of a sound size, is the caller's to see.
func (s *sqlStore) CreateStreamKey(ctx context.Context, by By, k StreamKey) (int64, error) {
	if err := errors.Join(checkID("id", k.ID), checkKeyBytes("public key", k.Public), checkTime("created", k.Created)); err != nil {
		return 0, err
	}
	return s.change(ctx, by, func(t *tx) (event, error) {
		if err := t.claim(spaceKey, k.ID); err != nil {
			return event{}, err
		}
		if err := t.count(kindStreamKey, MaxStreamKeys); err != nil {
			return event{}, err
		}
		_, err := t.exec(`INSERT INTO stream_keys (id, account, public, created, epoch) VALUES ($1, $2, $3, $4, $5)`,
			k.ID, by.Account, k.Public, nanos(k.Created), t.epoch)
		return event{action: "create", kind: kindStreamKey, subject: k.ID}, err
	})
}

// StreamKeys is described at Store.
func (s *sqlStore) StreamKeys(ctx context.Context, account string) ([]StreamKey, error) {
	ctx, cancel, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	return list(ctx, s.r, scanStreamKey, `SELECT id, public, created FROM stream_keys
		WHERE account = $1 ORDER BY created DESC, epoch DESC`, account)
}

func scanStreamKey(scan func(...any) error) (k StreamKey, err error) {
	var created int64
	err = scan(&k.ID, &k.Public, &created)
	k.Created = fromNanos(created)
	return k, err
}

// DeleteStreamKey is described at Store.
func (s *sqlStore) DeleteStreamKey(ctx context.Context, by By, id string) (int64, error) {
	return s.change(ctx, by, func(t *tx) (event, error) {
		if err := found(t.exec(`DELETE FROM stream_keys WHERE account = $1 AND id = $2`, by.Account, id)); err != nil {
			return event{}, err
		}
		return event{action: "delete", kind: kindStreamKey, subject: id}, errors.Join(t.retire(spaceKey, id), t.uncount(kindStreamKey))
	})
}
