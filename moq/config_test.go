package moq_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/moq"
)

func TestDefaultRelayConfig(t *testing.T) {
	c := moq.DefaultRelayConfig()
	require.NoError(t, c.Validate())
	out, err := json.Marshal(c)
	require.NoError(t, err)
	require.Equal(t, `{"lingering_subscribe":{"enabled":true,"max_timeout_ms":30000},"origin_fallback":{"enabled":false,"origins":[]}}`, string(out))
	c.LingeringSubscribe.Enabled = false
	require.True(t, moq.DefaultRelayConfig().LingeringSubscribe.Enabled, "each has its own")
}

func TestParseRelayConfig(t *testing.T) {
	for in, want := range map[string]string{
		`{}`: `{}`,
		`{"lingering_subscribe":null,"origin_fallback":null,"upstreams":null}`: `{}`,
		`{"upstreams":{"URL":1}}`:                                                      `{"upstreams":{"enabled":false,"upstreams":[]}}`, // not known, whatever its case
		`{"lingering_subscribe":{}}`:                                                   `{"lingering_subscribe":{"enabled":true,"max_timeout_ms":30000}}`,
		`{"lingering_subscribe":{"enabled":null,"max_timeout_ms":null}}`:               `{"lingering_subscribe":{"enabled":true,"max_timeout_ms":30000}}`,
		`{"lingering_subscribe":{"enabled":false,"max_timeout_ms":0}}`:                 `{"lingering_subscribe":{"enabled":false,"max_timeout_ms":0}}`,
		`{"lingering_subscribe":{"max_timeout_ms":300000,"more":[]},"also":{}}`:        `{"lingering_subscribe":{"enabled":true,"max_timeout_ms":300000}}`,
		`{"origin_fallback":{}}`:                                                       `{"origin_fallback":{"enabled":false,"origins":[]}}`,
		`{"origin_fallback":{"enabled":true,"origins":[{"url":"moqt://a.b/c"}]}}`:      `{"origin_fallback":{"enabled":true,"origins":[{"url":"moqt://a.b/c"}]}}`,
		`{"upstreams":{"enabled":true,"upstreams":[{"url":"https://a:1","x":1}]}}`:     `{"upstreams":{"enabled":true,"upstreams":[{"url":"https://a:1"}]}}`,
		`{"lingering_subscribe":{"enabled":false},"origin_fallback":{"enabled":true}}`: `{"lingering_subscribe":{"enabled":false,"max_timeout_ms":30000},"origin_fallback":{"enabled":true,"origins":[]}}`,
		`{"lingering_subscribe":{"enabled":true},"upstreams":{"enabled":true}}`:        `{"lingering_subscribe":{"enabled":true,"max_timeout_ms":30000},"upstreams":{"enabled":true,"upstreams":[]}}`,
	} {
		c, err := moq.ParseRelayConfig([]byte(in))
		require.NoError(t, err, in)
		out, err := json.Marshal(c)
		require.NoError(t, err)
		require.Equal(t, want, string(out), in)
	}
}

func TestParseRelayConfigRefuses(t *testing.T) {
	origins := func(n int) string { return strings.TrimSuffix(strings.Repeat(`{"url":"moqt://a"},`, n), ",") }
	for in, pointer := range map[string]string{
		``: "", `null`: "", `[]`: "", `"x"`: "", `{}{}`: "", `{"upstreams":{},"upstreams":{}}`: "", `{"x":{"a":1,"a":2}}`: "",
		`{"Upstreams":{}}`:                                               "/upstreams",
		`{"lingering_subscribe":1}`:                                      "/lingering_subscribe",
		`{"lingering_subscribe":[]}`:                                     "/lingering_subscribe",
		`{"lingering_subscribe":{"enabled":"true"}}`:                     "/lingering_subscribe/enabled",
		`{"lingering_subscribe":{"enabled":1}}`:                          "/lingering_subscribe/enabled",
		`{"lingering_subscribe":{"Enabled":true}}`:                       "/lingering_subscribe/enabled",
		`{"lingering_subscribe":{"max_timeout_ms":"1"}}`:                 "/lingering_subscribe/max_timeout_ms",
		`{"lingering_subscribe":{"max_timeout_ms":1.5}}`:                 "/lingering_subscribe/max_timeout_ms",
		`{"lingering_subscribe":{"max_timeout_ms":1e3}}`:                 "/lingering_subscribe/max_timeout_ms",
		`{"lingering_subscribe":{"max_timeout_ms":-1}}`:                  "/lingering_subscribe/max_timeout_ms",
		`{"lingering_subscribe":{"max_timeout_ms":300001}}`:              "/lingering_subscribe/max_timeout_ms",
		`{"lingering_subscribe":{"max_timeout_ms":9223372036854775808}}`: "/lingering_subscribe/max_timeout_ms",
		`{"lingering_subscribe":{},"origin_fallback":{"enabled":true}}`:  "/origin_fallback/enabled",
		`{"origin_fallback":{"enabled":0}}`:                              "/origin_fallback/enabled",
		`{"origin_fallback":{"origins":{}}}`:                             "/origin_fallback/origins",
		`{"origin_fallback":{"origins":["moqt://a"]}}`:                   "/origin_fallback/origins/0",
		`{"origin_fallback":{"origins":[{"url":"moqt://a"},{}]}}`:        "/origin_fallback/origins/1/url",
		`{"origin_fallback":{"origins":[{"url":5}]}}`:                    "/origin_fallback/origins/0/url",
		`{"origin_fallback":{"origins":[{"url":null}]}}`:                 "/origin_fallback/origins/0/url",
		`{"origin_fallback":{"origins":[` + origins(33) + `]}}`:          "/origin_fallback/origins",
		`{"upstreams":{"upstreams":[` + origins(33) + `]}}`:              "/upstreams/upstreams",
		`{"upstreams":{"upstreams":"moqt://a"}}`:                         "/upstreams/upstreams",
		`{"x":"` + strings.Repeat("x", moq.MaxRelayConfigBytes) + `"}`:   "",
	} {
		c, err := moq.ParseRelayConfig([]byte(in))
		require.Zero(t, c)
		var fault *moq.ConfigError
		require.ErrorAs(t, err, &fault, in)
		require.Equal(t, pointer, fault.Pointer, in)
		require.Equal(t, strings.HasSuffix(pointer, "/url"), fault.OriginURL, in)
		require.True(t, strings.HasPrefix(fault.Error(), "moq: relay config"+pointer+": "), fault.Error())
	}
	_, err := moq.ParseRelayConfig([]byte(`{"upstreams":{"upstreams":[` + origins(32) + `]}}`))
	require.NoError(t, err)
}

func TestOriginURL(t *testing.T) {
	long := "https://a/" + strings.Repeat("x", moq.MaxOriginURLBytes-10)
	for _, s := range []string{"moqt://relay.example", "https://relay.example/path?q=1", "https://203.0.113.1:8443/", "moqt://[2001:db8::1]:443", "HTTPS://relay.example", long} {
		require.NoError(t, configOf(s).Validate(), s)
	}
	for _, s := range []string{
		"", "relay.example", "/path", "//relay.example", "http://relay.example", "wss://relay.example", "moq://relay.example", "file:///etc/passwd",
		"https:", "https://", "https:///path", "https://:443", "https:relay.example", "moqt:relay", "https://user@relay.example", "https://user:pw@relay.example", "https://@relay.example",
		"https://relay.example#x", "https://relay.example#", "https://relay.example:0", "https://relay.example:65536", "https://relay.example:", "https://relay.example:x",
		" https://relay.example", "https://relay.example ", "https://relay .example", "https://relay.example\n", "https://relay.example/\x00", "https://rel\u00e4y.example",
		`https:\\relay.example`, `https://relay.example\@x`, "https://%zz", "https://[::1", "javascript://a", long + "x",
	} {
		for _, c := range []moq.RelayConfig{configOf(s), {OriginFallback: &moq.OriginFallback{Origins: []moq.Origin{{URL: "moqt://a"}, {URL: s}}}}} {
			err := c.Validate()
			var fault *moq.ConfigError
			require.True(t, errors.As(err, &fault), s)
			require.True(t, fault.OriginURL, s)
			require.True(t, strings.HasSuffix(fault.Pointer, "/url"))
			if len(s) > 8 {
				require.NotContains(t, err.Error(), s)
			}
		}
	}
	for _, c := range []moq.RelayConfig{
		{LingeringSubscribe: &moq.LingeringSubscribe{MaxTimeoutMS: -1}},
		{LingeringSubscribe: &moq.LingeringSubscribe{MaxTimeoutMS: moq.MaxLingeringMS + 1}},
		{LingeringSubscribe: &moq.LingeringSubscribe{Enabled: true}, OriginFallback: &moq.OriginFallback{Enabled: true}},
		{Upstreams: &moq.Upstreams{Upstreams: make([]moq.Origin, moq.MaxOrigins+1)}},
	} {
		err := c.Validate()
		var fault *moq.ConfigError
		require.True(t, errors.As(err, &fault))
		require.False(t, fault.OriginURL)
	}
	require.NoError(t, moq.RelayConfig{}.Validate())
}

func configOf(url string) moq.RelayConfig {
	return moq.RelayConfig{Upstreams: &moq.Upstreams{Upstreams: []moq.Origin{{URL: url}}}}
}

// FuzzRelayConfig: what is read is valid, encoding/json reads the same from it, and writing and reading it again changes
// nothing.
func FuzzRelayConfig(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"lingering_subscribe":{"enabled":true,"max_timeout_ms":30000},"origin_fallback":{"enabled":false,"origins":[]}}`,
		`{"origin_fallback":{"enabled":true,"origins":[{"url":"https://relay.example/x"}]}}`, `{"upstreams":{"upstreams":[{"url":"moqt://a:1"}]}}`,
		`{"upstreams":{"upstreams":[{"url":"moqt:\/\/a@b"}]}}`, `{"lingering_subscribe":{"max_timeout_ms":-0}}`, `{"x":1,"upstreams":null}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := moq.ParseRelayConfig(data)
		if err != nil {
			var fault *moq.ConfigError
			require.ErrorAs(t, err, &fault)
			require.Zero(t, c)
			return
		}
		require.NoError(t, c.Validate())
		// encoding/json over the defaults of what is given.
		oracle := moq.RelayConfig{}
		var parts map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(data, &parts))
		given := func(name string) bool { return parts[name] != nil && string(parts[name]) != "null" }
		if given("lingering_subscribe") {
			oracle.LingeringSubscribe = moq.DefaultRelayConfig().LingeringSubscribe
		}
		if given("origin_fallback") {
			oracle.OriginFallback = &moq.OriginFallback{Origins: []moq.Origin{}}
		}
		if given("upstreams") {
			oracle.Upstreams = &moq.Upstreams{Upstreams: []moq.Origin{}}
		}
		require.NoError(t, json.Unmarshal(data, &oracle), "what is strict is not something else")
		if oracle.OriginFallback != nil && oracle.OriginFallback.Origins == nil { // null
			oracle.OriginFallback.Origins = []moq.Origin{}
		}
		if oracle.Upstreams != nil && oracle.Upstreams.Upstreams == nil {
			oracle.Upstreams.Upstreams = []moq.Origin{}
		}
		require.Equal(t, oracle, c)
		out, err := json.Marshal(c)
		require.NoError(t, err)
		again, err := moq.ParseRelayConfig(out)
		require.NoError(t, err, string(out))
		require.Equal(t, c, again)
	})
}
