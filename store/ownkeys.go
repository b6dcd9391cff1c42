package store

import (
	"context"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"errors"
)

// OwnKey is described at Store. generate runs outside the transaction, so that nobody waits for it; of two callers at once
// both generate, and one key is thrown away. It must give a key for alg, with an id that was never used; Private is checked
// to be one of that kind.
func (s *sqlStore) OwnKey(ctx context.Context, by By, alg string, generate func() (OwnKey, error)) (OwnKey, error) {
	k, err := s.ownKey(ctx, by.Account, alg)
	if !errors.Is(err, ErrNotFound) {
		return k, err
	}
	made, err := generate()
	if err != nil {
		return OwnKey{}, err
	}
	if err := checkOwnKey(made, alg); err != nil {
		return OwnKey{}, err
	}
	_, err = s.change(ctx, by, func(t *tx) (event, error) {
		var n int
		if err := t.scan(`SELECT count(*) FROM own_keys WHERE account = $1 AND alg = $2`, []any{by.Account, alg}, &n); err != nil || n > 0 {
			return event{}, err
		}
		if err := t.claim(spaceKey, made.ID); err != nil {
			return event{}, err
		}
		_, err := t.exec(`INSERT INTO own_keys (id, account, alg, sealed, created) VALUES ($1, $2, $3, $4, $5)`,
			made.ID, by.Account, alg, s.seal.seal(made.Private, ownKeyPlace(by.Account, made)...), nanos(made.Created))
		return event{action: "create", kind: kindOwnKey, subject: made.ID}, err
	})
	if err != nil {
		return OwnKey{}, err
	}
	return s.ownKey(ctx, by.Account, alg)
}

// ownKey reads the key of an account for alg.
func (s *sqlStore) ownKey(ctx context.Context, account, alg string) (OwnKey, error) {
	ctx, cancel, err := s.reading(ctx)
	if err != nil {
		return OwnKey{}, err
	}
	defer cancel()
	rows, err := list(ctx, s.r, s.scanOwnKey, `SELECT account, id, alg, sealed, created FROM own_keys
		WHERE account = $1 AND alg = $2`, account, alg)
	switch {
	case err != nil:
		return OwnKey{}, err
	case len(rows) == 0:
		return OwnKey{}, ErrNotFound
	}
	return rows[0].key, nil
}

// scanOwnKey reads a row and opens its private half.
func (s *sqlStore) scanOwnKey(scan func(...any) error) (r ownKeyRow, err error) {
	var sealed []byte
	var created int64
	if err := scan(&r.account, &r.key.ID, &r.key.Alg, &sealed, &created); err != nil {
		return ownKeyRow{}, err
	}
	r.key.Created = fromNanos(created)
	r.key.Private, err = s.seal.open(sealed, ownKeyPlace(r.account, r.key)...)
	if err != nil {
		return ownKeyRow{}, err
	}
	return r, nil
}

// checkOwnKey refuses what could not be signed with later: a key is made once, and there is no way to exchange it.
func checkOwnKey(k OwnKey, alg string) error {
	if err := errors.Join(checkID("id", k.ID), checkTime("created", k.Created)); err != nil {
		return err
	}
	if k.Alg != alg {
		return invalid("the key is for another algorithm")
	}
	private, err := x509.ParsePKCS8PrivateKey(k.Private)
	if err != nil {
		return invalid("the key is not PKCS #8") // the error could tell of the key
	}
	ok := false
	switch alg {
	case "RS256":
		_, ok = private.(*rsa.PrivateKey)
	case "Ed25519":
		_, ok = private.(ed25519.PrivateKey)
	}
	if !ok {
		return invalid("the key is of another kind than its algorithm")
	}
	return nil
}
