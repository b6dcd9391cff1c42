package store

import "context"

// sweep drops the nodes whose row has not changed for as long as their lease is, about once in a lease of this one: a
// process that died leaves its row, which the next change would wait for.
func (k *keeper) sweep(ctx context.Context) error {
	if now := k.clock().mono; k.swept != 0 && now < k.swept+k.lease/2 {
		return nil
	}
	ask, cancel := context.WithTimeout(ctx, k.patience())
	defer cancel()
	rows, err := k.feed.nodes(ask)
	if err != nil {
		return err
	}
	k.others.Store(hasOthers(rows, &k.names))
	// After the answer: every renewal that the row shows was sent before this, and its lease is counted from there.
	now := k.clock().mono
	k.swept = now
	before := k.watched
	k.watched = make(map[string]watched, len(rows))
	for _, row := range rows {
		w := before[row.id]
		switch {
		case row.id == k.id:
			continue
		case w.row != row:
			w = watched{row: row, since: now}
		case now-w.since >= row.lease:
			k.ended.add(row.id) // before a call of Await can miss the row
			if err := k.feed.drop(ask, row); err != nil {
				return err
			}
			k.log.Info("store: dropped a node that no longer renews", "node", row.id)
			continue
		}
		k.watched[row.id] = w
	}
	return nil
}

func hasOthers(rows []nodeRow, own *names) bool {
	for _, row := range rows {
		if !own.has(row.id) {
			return true
		}
	}
	return false
}
