package store

import (
	"context"
	"errors"
)

// snapshot takes what time it takes: bounded like other calls it would fail each time once there is so much, and no node could
// join any more.
func (s *sqlStore) snapshot(ctx context.Context) (st state, err error) {
	if s.closed.Load() {
		return state{}, ErrClosed
	}
	err = s.viewWithin(ctx, func(ctx context.Context, q querier) error {
		if s.dialect.unhurried != "" {
			if _, err := q.ExecContext(ctx, s.dialect.unhurried); err != nil {
				return wrap(err)
			}
		}
		if err := q.QueryRowContext(ctx, `SELECT epoch, COALESCE((SELECT at FROM audit WHERE epoch = meta.epoch), 0) FROM meta WHERE id = 1`).
			Scan(&st.epoch, &st.mark); err != nil {
			return wrap(err)
		}
		for _, kind := range []string{kindStreamKey, kindOwnKey, kindRelay, kindTURNKey} {
			if err := s.readKind(ctx, q, &st, kind, selection{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return state{}, err
	}
	return st, nil
}

func (s *sqlStore) load(ctx context.Context, c change) (st state, err error) {
	if c.subject == "" {
		return state{}, errors.New("store: a change without a subject")
	}
	err = s.view(ctx, func(ctx context.Context, q querier) error {
		return s.readKind(ctx, q, &st, c.kind, selection{c.subject})
	})
	if err != nil {
		return state{}, err
	}
	return st, nil
}

// selection is the id of one subject, or empty: all of the kind.
type selection []any

func (sel selection) where(column string) string {
	if len(sel) == 0 {
		return ""
	}
	return " WHERE " + column + " = $1"
}

func (sel selection) and(column string) string {
	if len(sel) == 0 {
		return ""
	}
	return " AND " + column + " = $1"
}

// readKind adds the rows of a kind to st.
func (s *sqlStore) readKind(ctx context.Context, q querier, st *state, kind string, sel selection) (err error) {
	switch kind {
	case kindStreamKey:
		st.streamKeys, err = list(ctx, q, func(scan func(...any) error) (r streamKeyRow, err error) {
			err = scan(&r.account, &r.id, &r.public)
			return r, err
		}, `SELECT account, id, public FROM stream_keys`+sel.where("id"), sel...)
		if err != nil {
			return err
		}
		st.deleted, err = list(ctx, q, func(scan func(...any) error) (r deletedRow, err error) {
			var at int64
			err = scan(&r.account, &r.key.ID, &at)
			r.key.At = fromNanos(at)
			return r, err
		}, `SELECT account, id, deleted FROM ids WHERE space = 'key' AND deleted IS NOT NULL`+sel.and("id"), sel...)
		return err
	case kindOwnKey:
		st.ownKeys, err = list(ctx, q, s.scanOwnKey, `SELECT account, id, alg, sealed, created FROM own_keys`+sel.where("id"), sel...)
		return err
	case kindRelay:
		st.relays, err = readRelays(ctx, q, sel)
		return err
	case kindTURNKey:
		st.turnKeys, err = list(ctx, q, func(scan func(...any) error) (r turnKeyRow, err error) {
			r.key, err = scanTURNKey(func(dest ...any) error { return scan(append([]any{&r.account}, dest...)...) })
			return r, err
		}, `SELECT account, `+turnKeyColumns+` FROM turn_keys`+sel.where("uid"), sel...)
		return err
	}
	return errors.New("store: a change of an unknown kind")
}

// readRelays gives relays with their tokens: two statements, since a join would repeat the relay's row for each token.
func readRelays(ctx context.Context, q querier, sel selection) ([]relayRow, error) {
	rows, err := list(ctx, q, func(scan func(...any) error) (r relayRow, err error) {
		err = scan(&r.account, &r.uid)
		return r, err
	}, `SELECT account, uid FROM relays`+sel.where("uid"), sel...)
	if err != nil {
		return nil, err
	}
	at := make(map[string]int, len(rows))
	for i, r := range rows {
		at[r.uid] = i
	}
	type token struct {
		relay string
		token RelayToken
	}
	tokens, err := list(ctx, q, func(scan func(...any) error) (t token, err error) {
		t.token, err = scanToken(func(dest ...any) error { return scan(append([]any{&t.relay}, dest...)...) })
		return t, err
	}, `SELECT relay, `+tokenColumns+` FROM relay_tokens`+sel.where("relay")+` ORDER BY relay, `+tokenOrder, sel...)
	if err != nil {
		return nil, err
	}
	for _, t := range tokens {
		i, ok := at[t.relay]
		if !ok {
			return nil, errors.New("store: a token of no relay")
		}
		rows[i].tokens = append(rows[i].tokens, t.token)
	}
	return rows, nil
}
