package store

import (
	"context"
	"errors"
)

// CreateTURNKey is described at Store: ErrExists for a uid that is or was in use. A zero Modified is Created.
func (s *sqlStore) CreateTURNKey(ctx context.Context, by By, k TURNKey) (int64, error) {
	if k.Modified.IsZero() {
		k.Modified = k.Created
	}
	if err := errors.Join(checkID("uid", k.UID), checkText("name", k.Name, maxNameBytes), checkTime("created", k.Created), checkTime("modified", k.Modified)); err != nil {
		return 0, err
	}
	return s.change(ctx, by, func(t *tx) (event, error) {
		if err := t.claim(spaceTURN, k.UID); err != nil {
			return event{}, err
		}
		if err := t.count(kindTURNKey, MaxTURNKeys); err != nil {
			return event{}, err
		}
		_, err := t.exec(`INSERT INTO turn_keys (uid, account, name, hash, created, modified, epoch) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			k.UID, by.Account, k.Name, k.Hash[:], nanos(k.Created), nanos(k.Modified), t.epoch)
		return event{action: "create", kind: kindTURNKey, subject: k.UID}, err
	})
}

const turnKeyColumns = `uid, name, hash, created, modified`

// TURNKeys is described at Store.
func (s *sqlStore) TURNKeys(ctx context.Context, account string) ([]TURNKey, error) {
	ctx, cancel, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	return list(ctx, s.r, scanTURNKey, `SELECT `+turnKeyColumns+` FROM turn_keys
		WHERE account = $1 ORDER BY created DESC, epoch DESC`, account)
}

// TURNKey is described at Store.
func (s *sqlStore) TURNKey(ctx context.Context, account, uid string) (TURNKey, error) {
	ctx, cancel, err := s.reading(ctx)
	if err != nil {
		return TURNKey{}, err
	}
	defer cancel()
	return turnKey(ctx, s.r, account, uid)
}

func turnKey(ctx context.Context, q querier, account, uid string) (TURNKey, error) {
	k, err := scanTURNKey(q.QueryRowContext(ctx, `SELECT `+turnKeyColumns+` FROM turn_keys WHERE account = $1 AND uid = $2`, account, uid).Scan)
	if err != nil {
		return TURNKey{}, wrap(err)
	}
	return k, nil
}

func scanTURNKey(scan func(...any) error) (k TURNKey, err error) {
	var hash []byte
	var created, modified int64
	if err := scan(&k.UID, &k.Name, &hash, &created, &modified); err != nil {
		return TURNKey{}, err
	}
	if len(hash) != len(k.Hash) {
		return TURNKey{}, errors.New("a TURN key's hash has the wrong length")
	}
	copy(k.Hash[:], hash)
	k.Created, k.Modified = fromNanos(created), fromNanos(modified)
	return k, nil
}

// RenameTURNKey is described at Store. It sets Modified.
func (s *sqlStore) RenameTURNKey(ctx context.Context, by By, uid, name string) (TURNKey, int64, error) {
	if err := checkText("name", name, maxNameBytes); err != nil {
		return TURNKey{}, 0, err
	}
	var k TURNKey
	epoch, err := s.change(ctx, by, func(t *tx) (_ event, err error) {
		if k, err = turnKey(t.ctx, t, by.Account, uid); err != nil {
			return event{}, err
		}
		k.Name, k.Modified = name, t.after(k.Modified)
		_, err = t.exec(`UPDATE turn_keys SET name = $2, modified = $3 WHERE uid = $1`, uid, k.Name, nanos(k.Modified))
		return event{action: "update", kind: kindTURNKey, subject: uid}, err
	})
	if err != nil {
		return TURNKey{}, 0, err
	}
	return k, epoch, nil
}

// DeleteTURNKey is described at Store. It gives the key as it was.
func (s *sqlStore) DeleteTURNKey(ctx context.Context, by By, uid string) (TURNKey, int64, error) {
	var k TURNKey
	epoch, err := s.change(ctx, by, func(t *tx) (_ event, err error) {
		if k, err = turnKey(t.ctx, t, by.Account, uid); err != nil {
			return event{}, err
		}
		if _, err := t.exec(`DELETE FROM turn_keys WHERE uid = $1`, uid); err != nil {
			return event{}, err
		}
		return event{action: "delete", kind: kindTURNKey, subject: uid}, errors.Join(t.retire(spaceTURN, uid), t.uncount(kindTURNKey))
	})
	if err != nil {
		return TURNKey{}, epoch, err
	}
	return k, epoch, nil
}
