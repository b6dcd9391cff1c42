package api_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is shown once is nowhere else: not in the files of the database, not in the log, not in any list.
func TestSecretsAreShownOnce(t *testing.T) {
	w := newWorld(t)
	secrets := map[string][]byte{"bearer token": []byte(anyToken), "account's bearer token": []byte(aToken)}
	k, r, tk := w.newStreamKey(accountA), w.newRelay(accountA, "r"), w.newTURNKey(accountA, "k")
	secrets["stream key, pem"] = []byte(k.PEM[100:300])
	secrets["stream key, jwk"] = []byte(k.JWK[600:800])
	inner, err := base64.StdEncoding.DecodeString(k.PEM)
	require.NoError(t, err)
	block, _ := pem.Decode(inner)
	secrets["stream key, DER"] = block.Bytes[300:500]
	var jwk map[string]string
	inner, err = base64.StdEncoding.DecodeString(k.JWK)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(inner, &jwk))
	d, err := base64.RawURLEncoding.DecodeString(jwk["d"])
	require.NoError(t, err)
	secrets["stream key, d"], secrets["stream key, d in base64"] = d, []byte(jwk["d"])
	secrets["relay token"], secrets["subscribe token"] = []byte(r.Both), []byte(r.Sub)
	secrets["relay token, signature"] = []byte(r.Both[len(r.Both)-86:])
	secrets["TURN key"] = []byte(tk.Key)
	raw, err := hex.DecodeString(tk.Key)
	require.NoError(t, err)
	secrets["TURN key, bytes"] = raw

	path := in(accountA) + "/moq/relays/" + r.UID + "/tokens"
	var rotated struct{ Token string }
	w.do("POST", path+"/rotate", `{"type":"subscribe"}`).ok(&rotated)
	secrets["rotated token"] = []byte(rotated.Token)
	var made issuers
	w.do("POST", path, `{"operations":["publish"]}`).ok(&made)
	secrets["made token"] = []byte(*made.Issuers[0].Tokens[0].Secret)
	secrets["stream token"] = []byte(w.newToken(accountA, ""))
	secrets["stream token of a brought key"] = []byte(w.newToken(accountA, `{"id":"`+k.ID+`","pem":"`+k.PEM+`"}`))
	ice := w.do("POST", "/v1/turn/keys/"+tk.UID+iceCall, `{"customIdentifier":"somebody-by-name"}`, as(tk.Key))
	var servers struct {
		ICEServers []struct{ Username, Credential string } `json:"iceServers"`
	}
	require.NoError(t, json.Unmarshal([]byte(ice.body), &servers))
	secrets["TURN credential"] = []byte(servers.ICEServers[1].Credential)
	secrets["TURN user"] = []byte("somebody-by-name")
	own, ok, err := w.node.OwnKey(accountA, "RS256")
	require.NoError(t, err)
	require.True(t, ok)
	secrets["own key, DER"] = own.Private[300:500]
	own, ok, err = w.node.OwnKey(accountA, "Ed25519")
	require.NoError(t, err)
	require.True(t, ok)
	secrets["own relay key, seed"] = own.Private[len(own.Private)-32:]

	// Refusals too are logged, and may have secrets in them.
	w.do("GET", in(accountA)+"/moq/relays/"+r.Both, "").refused(404, 7003, "")
	w.do("GET", "/"+r.Both, "").refused(404, 7003, "")
	w.do("GET", in(accountA)+"/calls/turn_keys/"+tk.Key, "").refused(404, 10003, "")
	w.do("GET", in(accountA)+"/stream/keys?secret="+tk.Key, "").ok(nil)
	w.do("POST", in(accountA)+tokenPath, `{"id":"`+tk.Key+`","pem":"`+k.PEM[:400]+`"}`).refused(400, 10005, "/pem")
	w.do("POST", in(accountA)+tokenPath, `{"`+tk.Key+`":1,"exp":"`+tk.Key+`"}`).refused(400, 10005, "/exp")
	w.do("GET", in(accountA)+"/stream/keys", "", as(tk.Key)).refused(401, 10000, "")

	places := map[string][]byte{"log": []byte(w.log.String()), "lists": []byte(w.everythingOf(accountA, aToken))}
	files, err := filepath.Glob(filepath.Join(w.dir, "*"))
	require.NoError(t, err)
	total := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		places[filepath.Base(file)] = data
		total += len(data)
	}
	require.True(t, bytes.Contains(bytes.Join(mapValues(places), nil), []byte(r.UID)), "what is kept is there")
	require.Greater(t, total, 10_000)
	require.Contains(t, w.log.String(), "/accounts/{account_id}/moq/relays")
	for where, data := range places {
		for what, secret := range secrets {
			require.GreaterOrEqual(t, len(secret), 16, what)
			require.False(t, bytes.Contains(data, secret), "%s is in %s", what, where)
		}
	}
}

func mapValues(m map[string][]byte) (list [][]byte) {
	for _, v := range m {
		list = append(list, v)
	}
	return list
}
