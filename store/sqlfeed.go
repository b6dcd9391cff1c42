package store

import (
	"context"
	"time"
)

var _ feed = (*sqlStore)(nil)

func (s *sqlStore) epoch(ctx context.Context) (epoch int64, err error) {
	ctx, cancel, err := s.reading(ctx)
	if err != nil {
		return 0, err
	}
	defer cancel()
	err = s.r.QueryRowContext(ctx, `SELECT epoch FROM meta WHERE id = 1`).Scan(&epoch)
	return epoch, wrap(err)
}

func (s *sqlStore) changes(ctx context.Context, after int64, limit int) ([]change, error) {
	ctx, cancel, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	return list(ctx, s.r, func(scan func(...any) error) (c change, err error) {
		err = scan(&c.epoch, &c.mark, &c.account, &c.kind, &c.subject)
		return c, err
	}, `SELECT epoch, at, account, kind, subject FROM audit WHERE epoch > $1 ORDER BY epoch LIMIT $2`, after, limit)
}

// register and the rest write outside change: the list of nodes is no part of what they follow.
func (s *sqlStore) register(ctx context.Context, node string, lease time.Duration) error {
	_, err := s.write(ctx, `INSERT INTO nodes (id, acked, beats, lease) VALUES ($1, -1, 0, $2) ON CONFLICT DO NOTHING`, node, int64(lease))
	return err
}

// renew reads the epoch in the statement that writes, so in one snapshot of the database: one that is taken after the node
// began to ask.
func (s *sqlStore) renew(ctx context.Context, node string, acked, mark int64) (epoch int64, err error) {
	ctx, cancel, err := s.reading(ctx)
	if err != nil {
		return 0, err
	}
	defer cancel()
	var has int64
	err = s.dialect.single(ctx, s, []any{&epoch, &has}, `UPDATE nodes SET beats = beats + 1, acked = CASE WHEN acked < $2
			AND $2 <= (SELECT epoch FROM meta WHERE id = 1)
			AND $3 = COALESCE((SELECT at FROM audit WHERE epoch = $2), $3) THEN $2 ELSE acked END
		WHERE id = $1
		RETURNING (SELECT epoch FROM meta WHERE id = 1), COALESCE((SELECT at FROM audit WHERE epoch = $2), $3)`,
		node, acked, mark)
	if err != nil {
		return 0, err
	}
	if epoch < acked || has != mark {
		return epoch, errHistory
	}
	return epoch, nil
}

func (s *sqlStore) nodes(ctx context.Context) ([]nodeRow, error) {
	ctx, cancel, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	return list(ctx, s.r, func(scan func(...any) error) (n nodeRow, err error) {
		var lease int64
		err = scan(&n.id, &n.acked, &n.beats, &lease)
		n.lease = time.Duration(lease)
		return n, err
	}, `SELECT id, acked, beats, lease FROM nodes ORDER BY id`)
}

func (s *sqlStore) drop(ctx context.Context, row nodeRow) error {
	_, err := s.write(ctx, `DELETE FROM nodes WHERE id = $1 AND acked = $2 AND beats = $3`, row.id, row.acked, row.beats)
	return err
}

// write runs one statement that is no change.
func (s *sqlStore) write(ctx context.Context, query string, args ...any) (int64, error) {
	ctx, cancel, err := s.reading(ctx)
	if err != nil {
		return 0, err
	}
	defer cancel()
	res, err := s.w.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, wrap(err)
	}
	n, err := res.RowsAffected()
	return n, wrap(err)
}
