package turn

import "time"

// ParseKey reads a key as the create call of the TURN keys API returns it.
func ParseKey(data []byte) (*Key, error) { return nil, ErrKey }

// MarshalAnswer writes the key, its secret included, as the create call returns it.
func (k *Key) MarshalAnswer(name string, created time.Time) ([]byte, error) { return nil, ErrNoKey }
