package verifier

import (
	"log/slog"
	"time"
)

// ParseKeys reads a JWK Set, a JWK, or PEM with its id. Unusable keys are skipped and returned as warnings; none left is an error; a private one refuses all (ErrPrivateKey).
func ParseKeys(data []byte, id string) (keys []*Key, warnings []string, err error) { panic("contract") }

var ErrPrivateKey error

// FollowConfig names files and directories of public keys.
type FollowConfig struct {
	Paths []string
	KeyID string        // for PEM, which carries none
	Poll  time.Duration // zero: 5 s
	Log   *slog.Logger  // nil: silent
}

// FollowedKeys is a KeySet that follows its sources as they change. Keys that are gone stop verifying.
type FollowedKeys struct{ _ int }

func Follow(cfg FollowConfig) (*FollowedKeys, error) { panic("contract") }
func (f *FollowedKeys) Key(id string) (*Key, error)  { panic("contract") }
func (f *FollowedKeys) IDs() []string                { panic("contract") }
func (f *FollowedKeys) Check() error                 { panic("contract") }
func (f *FollowedKeys) Close() error                 { panic("contract") }
