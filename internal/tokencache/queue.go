package tokencache

// queue is a first-in-first-out list of entries; one may also leave from the middle.
type queue[T any] struct {
	newest, oldest *Entry[T]
	bytes          int64
}

func (q *queue[T]) push(e *Entry[T]) {
	e.older, e.newer = q.newest, nil
	if q.newest != nil {
		q.newest.newer = e
	} else {
		q.oldest = e
	}
	q.newest = e
	q.bytes += e.bytes()
}

func (q *queue[T]) remove(e *Entry[T]) {
	q.put(e.older, e.newer)
	q.bytes -= e.bytes()
	e.older, e.newer = nil, nil
}

// put makes two entries neighbours; nil is the end of the queue.
func (q *queue[T]) put(older, newer *Entry[T]) {
	if older != nil {
		older.newer = newer
	} else {
		q.oldest = newer
	}
	if newer != nil {
		newer.older = older
	} else {
		q.newest = older
	}
}

// replace puts e in the place of old.
func (q *queue[T]) replace(old, e *Entry[T]) {
	older, newer := old.older, old.newer
	q.put(older, e)
	q.put(e, newer)
	e.older, e.newer = older, newer
	q.bytes += e.bytes() - old.bytes()
	old.older, old.newer = nil, nil
}
