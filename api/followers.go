package api

import (
	"crypto/sha256"
	"crypto/x509"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/streamtoken/streamtoken/internal/jwk"
	"github.com/streamtoken/streamtoken/moq"
)

// jwks is the set of public keys of an account, or of all: RSA keys for Stream tokens, Ed25519 keys for relay tokens.
func (h *handler) jwks(c *call) (answer, error) {
	keys, _, err := h.node.PublicKeys(c.account)
	if err != nil {
		return answer{}, err
	}
	ids := make([]string, len(keys))
	for i, k := range keys {
		ids[i] = k.ID
	}
	data, err := h.sets.get("keys "+c.account, ids, func() ([]byte, error) {
		set := make([]jwk.AnyPublic, 0, len(keys))
		for _, k := range keys {
			public, err := x509.ParsePKIXPublicKey(k.Public)
			if err != nil {
				return nil, errors.New("api: the public key " + k.ID + " is not readable")
			}
			set = append(set, jwk.AnyPublic{ID: k.ID, Key: public})
		}
		return jwk.MarshalMixedSet(set)
	})
	return answer{document: data, etag: true}, err
}

// revocation is an entry of the list that verifiers follow: a key whose tokens are no longer good, from now on.
type revocation struct {
	KeyID string `json:"keyId"`
}

type revocationList struct {
	Revocations []revocation `json:"revocations"`
}

// revocations names the stream keys that were deleted. They are not in the set of public keys either: this list is for
// verifiers that hold a key from elsewhere.
func (h *handler) revocations(c *call) (answer, error) {
	keys, _, err := h.node.DeletedKeys(c.account)
	if err != nil {
		return answer{}, err
	}
	ids := make([]string, len(keys))
	for i, k := range keys {
		ids[i] = k.ID
	}
	data, err := h.sets.get("deleted "+c.account, ids, func() ([]byte, error) {
		list := revocationList{Revocations: make([]revocation, len(keys))}
		for i, k := range keys {
			list.Revocations[i].KeyID = k.ID
		}
		return json.Marshal(list)
	})
	return answer{document: data, etag: true}, err
}

type acceptedSet struct {
	Relay    string          `json:"relay"`
	Epoch    int64           `json:"epoch"`
	MaxAgeMS int64           `json:"max_age_ms"` // for how long a follower may go by it
	Accepted []acceptedToken `json:"accepted"`
}

type acceptedToken struct {
	JTI        string          `json:"jti"`
	Operations []moq.Operation `json:"operations"`
	Expires    string          `json:"expires"`
}

// accepted is the set of tokens that a relay takes: any other is refused.
func (h *handler) accepted(c *call) (answer, error) {
	relay := c.param("relay_id")
	tokens, epoch, err := h.node.AcceptedTokens(c.account, relay)
	if err != nil {
		return answer{}, relayFault(err)
	}
	set := acceptedSet{Relay: relay, Epoch: epoch, MaxAgeMS: h.lease.Milliseconds(), Accepted: make([]acceptedToken, len(tokens))}
	for i, t := range tokens {
		set.Accepted[i] = acceptedToken{JTI: t.JTI, Operations: t.Operations, Expires: stamp(t.Expires)}
	}
	a, err := document(http.StatusOK, set)
	a.etag = true
	return a, err
}

// documents keeps those that take work to make, for as long as they name the same ids: one that was used stands for the same
// key for ever. The epoch would not do, since after a failover that lost changes others have its number. It is safe for
// concurrent use.
type documents struct {
	mu   sync.Mutex
	made map[string]madeDocument
}

type madeDocument struct {
	ids  []string
	data []byte
}

// maxDocuments at once: beyond them all are forgotten and made again.
const maxDocuments = 256

func (d *documents) get(name string, ids []string, build func() ([]byte, error)) ([]byte, error) {
	d.mu.Lock()
	known, ok := d.made[name]
	d.mu.Unlock()
	if ok && slices.Equal(known.ids, ids) {
		return known.data, nil
	}
	data, err := build()
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.made == nil || len(d.made) >= maxDocuments {
		d.made = map[string]madeDocument{}
	}
	d.made[name] = madeDocument{ids, data}
	return data, nil
}

// writeDocument sends a document as it is; 304 to who has it already.
func (a *answer) writeDocument(w http.ResponseWriter, r *http.Request) int {
	header := w.Header()
	status := a.status
	if status == 0 {
		status = http.StatusOK
	}
	if a.etag {
		sum := sha256.Sum256(a.document)
		tag := `"` + hex.EncodeToString(sum[:16]) + `"`
		header.Set("Etag", tag)
		header.Set("Cache-Control", "private, no-cache") // to be kept, and asked about each time
		if hasTag(r.Header.Values("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return http.StatusNotModified
		}
	}
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(a.document)))
	w.WriteHeader(status)
	w.Write(a.document)
	return status
}

// hasTag compares as RFC 9110, section 13.1.2 says: weakly.
func hasTag(lines []string, tag string) bool {
	for _, line := range lines {
		for each := range strings.SplitSeq(line, ",") {
			if each = strings.TrimPrefix(strings.TrimSpace(each), "W/"); each == tag || each == "*" {
				return true
			}
		}
	}
	return false
}

//go:embed openapi.json
var openAPI []byte

func (h *handler) openAPI(*call) (answer, error) { return answer{document: openAPI, etag: true}, nil }

type health struct {
	Status string `json:"status"`
}

// health tells whether this server can answer: 503 while it has no lease.
func (h *handler) health(*call) (answer, error) {
	if h.node != nil {
		if err := h.node.Live(); err != nil {
			return document(http.StatusServiceUnavailable, health{"lease over"})
		}
	}
	return document(http.StatusOK, health{"ok"})
}
