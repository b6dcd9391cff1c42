package store

import "context"

// Audit is described at Store.
func (s *sqlStore) Audit(ctx context.Context, account string, after int64, limit int) ([]AuditEntry, error) {
	if limit < 1 {
		return nil, invalid("limit is not positive")
	}
	ctx, cancel, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	const columns = `SELECT epoch, at, account, actor, action, kind, subject, detail FROM audit `
	if account == "" {
		return list(ctx, s.r, scanAudit, columns+`WHERE epoch > $1 ORDER BY epoch LIMIT $2`, after, limit)
	}
	return list(ctx, s.r, scanAudit, columns+`WHERE account = $3 AND epoch > $1 ORDER BY epoch LIMIT $2`, after, limit, account)
}

func scanAudit(scan func(...any) error) (e AuditEntry, err error) {
	var at int64
	err = scan(&e.Epoch, &at, &e.Account, &e.Actor, &e.Action, &e.Kind, &e.Subject, &e.Detail)
	e.At = fromNanos(at)
	return e, err
}
