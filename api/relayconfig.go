package api

import (
	"errors"
	"strings"

	"github.com/streamtoken/streamtoken/internal/strictjson"
	"github.com/streamtoken/streamtoken/moq"
)

// readConfig gives the configuration in the body of an update. null and {} say nothing.
func readConfig(body object) (moq.RelayConfig, error) {
	v, given := body.get("config")
	if !given || v.Kind() == strictjson.Null {
		return moq.RelayConfig{}, nil
	}
	cfg, err := moq.ParseRelayConfig([]byte(v.Raw()))
	return cfg, configFault(err)
}

// mergeConfig replaces the parts that are given, each as a whole, and judges what comes of it.
func mergeConfig(old *moq.RelayConfig, given moq.RelayConfig) error {
	if given.LingeringSubscribe != nil {
		old.LingeringSubscribe = given.LingeringSubscribe
	}
	if given.OriginFallback != nil {
		old.OriginFallback = given.OriginFallback
	}
	if given.Upstreams != nil {
		old.Upstreams = given.Upstreams
	}
	return configFault(old.Validate())
}

// refuseConfig: a relay is created with the defaults, null and {} being the same as nothing.
func refuseConfig(body object) error {
	v, given := body.get("config")
	if !given || v.Kind() == strictjson.Null {
		return nil
	}
	if v.Kind() != strictjson.Object {
		return wrongKind(body.at("config"), "an object", v)
	}
	for range v.Members() {
		f := badRequest(body.at("config"), "config: a relay is created with the defaults; update it afterwards")
		f.code = codeConfigOnCreate
		return f
	}
	return nil
}

func configFault(err error) error {
	var wrong *moq.ConfigError
	if !errors.As(err, &wrong) {
		return err
	}
	f := badRequest("/config"+wrong.Pointer, strings.ReplaceAll("config"+wrong.Pointer, "/", ".")+": "+wrong.Msg)
	if wrong.OriginURL {
		f.code = codeUpstreamURL
	}
	return f
}
