package turn_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/turn"
)

const (
	uid    = "0123456789abcdef0123456789abcdef"
	secret = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	other  = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"

	nowUnix = 1_780_000_000
)

var now = time.Unix(nowUnix, 999_999_999)

func newKey(t testing.TB, secret string) *turn.Key {
	t.Helper()
	key, err := turn.NewKey(uid, secret)
	require.NoError(t, err)
	return key
}

// password is RFC 2104 and 4648 by the book.
func password(secret, username string) string {
	h := hmac.New(sha1.New, []byte(secret))
	h.Write([]byte(username))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}
