package turn

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// String gives the uid only. The methods of this file are those of the value, so that a copy of a Key is as silent as its
// pointer.
func (k Key) String() string { return "turn.Key(" + k.uid + ")" }

// Format is String for every verb: %d, %x or %#v would otherwise print the fields.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue is String, for log/slog.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalJSON gives {"uid":"..."} only, so that a configuration or a log record that holds a Key does not give it away. To
// store a key, use MarshalAnswer.
func (k Key) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		UID string `json:"uid"`
	}{k.uid})
}
