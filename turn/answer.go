package turn

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// maxAnswerBytes bounds what ParseKey reads: many times an answer with its envelope.
const maxAnswerBytes = 32 << 10

var errAnswer = errors.New(`turn: this is not what the call that creates a TURN key answers: a JSON object with "uid" and "key"`)

// ParseKey reads a key as the create call of the TURN keys API returns it, a JSON object with the members "uid" and "key", in
// the API's envelope ("result") or bare. Other members are ignored; one that comes twice, other data after the object and
// more than 32 KiB are errors. Parts that are not of the form of a key are ErrKey. Errors never quote the input.
func ParseKey(data []byte) (*Key, error) {
	if len(data) > maxAnswerBytes {
		return nil, fmt.Errorf("turn: a TURN key of more than %d bytes", maxAnswerBytes)
	}
	answer, ok := readObject(data)
	if !ok {
		return nil, errAnswer
	}
	if result, enveloped := answer["result"]; enveloped {
		if answer, ok = readObject(result); !ok {
			return nil, errAnswer
		}
	}
	uid, ok1 := readString(answer["uid"])
	secret, ok2 := readString(answer["key"])
	if !ok1 || !ok2 {
		return nil, errAnswer
	}
	return NewKey(uid, secret)
}

// MarshalAnswer writes the key, its secret included, as the create call of the TURN keys API returns it, without the envelope:
// {"uid","key","name","created"}, created in UTC. ParseKey reads it. name is free text, and not judged. The zero Key is
// ErrNoKey; a time that RFC 3339 cannot write is an error.
func (k *Key) MarshalAnswer(name string, created time.Time) ([]byte, error) {
	if k.secret == nil {
		return nil, ErrNoKey
	}
	created = created.UTC()
	if year := created.Year(); year < 0 || year > 9999 {
		return nil, errors.New("turn: created is no time that RFC 3339 can write")
	}
	return json.Marshal(struct {
		UID     string `json:"uid"`
		Key     string `json:"key"`
		Name    string `json:"name"`
		Created string `json:"created"`
	}{k.uid, k.secret(), name, created.Format(time.RFC3339Nano)})
}

// readObject gives the members of the one JSON object that data is. encoding/json alone would take names in any case of
// letters, and of two the last.
func readObject(data []byte) (map[string]json.RawMessage, bool) {
	dec := json.NewDecoder(bytes.NewReader(data))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	members := map[string]json.RawMessage{}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return nil, false
		}
		name, _ := t.(string) // nothing else comes here
		if _, twice := members[name]; twice {
			return nil, false
		}
		var value json.RawMessage
		if dec.Decode(&value) != nil {
			return nil, false
		}
		members[name] = value
	}
	if _, err := dec.Token(); err != nil {
		return nil, false
	}
	_, err := dec.Token()
	return members, err == io.EOF
}

func readString(data json.RawMessage) (s string, ok bool) {
	if len(data) == 0 || data[0] != '"' {
		return "", false
	}
	return s, json.Unmarshal(data, &s) == nil
}
