package store

import (
	"errors"
	"time"

	"github.com/streamtoken/streamtoken/moq"
)

// Errors of a Store, to compare with errors.Is. Others come from the database.
var (
	ErrNotFound = errors.New("store: not found")      // no such object in this account
	ErrLimit    = errors.New("store: limit reached")  // as many of these as there may be
	ErrExists   = errors.New("store: exists already") // an object with this id, or there was one

	// ErrInvalid is a value that cannot be kept: no id, a text that is not UTF-8, has a NUL or is too long, a zero time.
	ErrInvalid = errors.New("store: invalid value")

	// ErrMasterKey: the database was sealed with another master key.
	ErrMasterKey = errors.New("store: the master key is not the one this database was made with")
	// ErrNewer: the schema is of a later version of this program.
	ErrNewer = errors.New("store: the database was upgraded by a newer program")
	// ErrCopy: the database is a backup, or was restored, and nobody has said so yet (Restore, Restored).
	ErrCopy = errors.New("store: the database is a copy: it has to be restored before it is used")
	// ErrUnknown: the connection was lost while a change was being committed. It may or may not have been.
	ErrUnknown = errors.New("store: it is unknown whether the change was committed")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("store: closed")
)

// By says whose state is changed, and who does it.
type By struct {
	Account string // the account's id: every object belongs to exactly one
	Actor   string // for the audit log; never a credential
}

// StreamKey is a Stream signing key. Its private half was handed out and is not kept.
type StreamKey struct {
	ID      string
	Public  []byte // PKIX DER
	Created time.Time
}

// OwnKey is a key with which the control API itself signs for an account.
type OwnKey struct {
	ID      string
	Alg     string // "RS256" or "Ed25519"
	Private []byte // PKCS #8 DER; sealed where it is stored
	Created time.Time
}

// Relay is a MoQ relay. Its tokens are asked for apart.
type Relay struct {
	UID      string
	Name     string
	Config   moq.RelayConfig
	Created  time.Time
	Modified time.Time
}

// Slot is the place of a token that can be rotated: a relay has one token in each at most.
type Slot string

// The slots of a relay, named as the rotate call names them. Tokens made one by one are in none.
const (
	NoSlot           Slot = ""
	PublishSubscribe Slot = "publish_subscribe"
	Subscribe        Slot = "subscribe"
)

// RelayToken is what is kept of a relay token: everything but the token.
type RelayToken struct {
	JTI        string
	Slot       Slot
	Operations []moq.Operation
	Label      string
	Created    time.Time
	Expires    time.Time
}

// RelayQuery selects relays. Zero values select all, newest first.
type RelayQuery struct {
	Ascending     bool
	CreatedAfter  time.Time // exclusive
	CreatedBefore time.Time // exclusive
	Limit         int       // at most so many; zero: all
}

// AuditEntry is one row of the audit table: who changed what. It holds no secret. Epochs have no gap but after a restore.
type AuditEntry struct {
	Epoch   int64
	At      time.Time // by the clock of the process that made the change
	Account string
	Actor   string
	Action  string // "create", "update", "delete", "rotate", "restore"
	Kind    string // "stream_key", "own_key", "relay", "turn_key", "all"; a token is part of its relay
	Subject string // the object's id
	Detail  string // the jti of a relay's token; of a rotation the slot before it
}

// TURNKey is what is kept of a TURN key: not the key.
type TURNKey struct {
	UID      string
	Name     string
	Hash     [32]byte // SHA-256 of the 64 characters of the key
	Created  time.Time
	Modified time.Time
}
