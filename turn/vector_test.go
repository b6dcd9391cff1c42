package turn

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPasswordsOfOthers: the first is of pion/turn's tests, the others come of `openssl dgst -sha1 -hmac`.
func TestPasswordsOfOthers(t *testing.T) {
	for _, c := range []struct{ secret, username, password string }{
		{"foobar", "1599491771", "Tpz/nKkyvX/vMSLKvL4sbtBt8Vs="},
		{"north", "1375043487:abcd1234", "WAHZoAoS7dQLVpW62Y51orB03Jg="},
		{"north", "1375043487", "+NNDuOjQEj8FaeS27xMnKzoKfvs="},
		{"north", "1700000000:user:with:colons", "WXb44GfgvLmGaWZkYpZ1nD/lTk4="},
	} {
		require.Equal(t, c.password, newKey("", c.secret).macs().password(c.username), c.username)
	}
}
