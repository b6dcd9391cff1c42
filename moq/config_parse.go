package moq

import (
	"strconv"
	"strings"

	"github.com/streamtoken/streamtoken/internal/strictjson"
)

// MaxRelayConfigBytes bounds the JSON of a RelayConfig: MaxOrigins of the greatest length in both lists, and room for escapes.
const MaxRelayConfigBytes = 256 << 10

// ParseRelayConfig reads a configuration from JSON: one object, strictly (no duplicate names, no trailing data, at most
// MaxRelayConfigBytes). An unknown member is passed over; one that differs from a known name only by case is refused, and so is
// a wrong type, with the place it stands at. null is absence. In a part that is given, an absent enabled is false, but true for
// lingering_subscribe, as its default is; an absent max_timeout_ms is DefaultLingeringMS; an origin must have its url. A part
// that is absent stays nil: ParseRelayConfig applies no default for it.
//
// The error is a *ConfigError, with the zero RelayConfig. Everything that Validate refuses is refused.
func ParseRelayConfig(data []byte) (RelayConfig, error) {
	if len(data) > MaxRelayConfigBytes {
		return RelayConfig{}, &ConfigError{Msg: "must be at most " + strconv.Itoa(MaxRelayConfigBytes) + " bytes"}
	}
	doc, err := strictjson.Parse(data)
	if err != nil {
		return RelayConfig{}, &ConfigError{Msg: "must be one strict JSON object"}
	}
	c, err := readConfig(doc)
	if err == nil {
		err = c.Validate()
	}
	if err != nil {
		return RelayConfig{}, err
	}
	return c, nil
}

func readConfig(doc strictjson.Value) (c RelayConfig, err error) {
	err = eachMember(doc, "", func(name, at string, v strictjson.Value) error {
		switch name {
		case "lingering_subscribe":
			c.LingeringSubscribe, err = readLingering(v, at)
		case "origin_fallback":
			f := &OriginFallback{}
			f.Enabled, f.Origins, err = readOrigins(v, at, "origins")
			c.OriginFallback = f
		case "upstreams":
			u := &Upstreams{}
			u.Enabled, u.Upstreams, err = readOrigins(v, at, "upstreams")
			c.Upstreams = u
		}
		return err
	}, "lingering_subscribe", "origin_fallback", "upstreams")
	return c, err
}

func readLingering(v strictjson.Value, at string) (*LingeringSubscribe, error) {
	l := &LingeringSubscribe{Enabled: true, MaxTimeoutMS: DefaultLingeringMS}
	err := eachMember(v, at, func(name, at string, v strictjson.Value) (err error) {
		switch name {
		case "enabled":
			l.Enabled, err = readBool(v, at)
		case "max_timeout_ms":
			n, e := strconv.ParseInt(v.Raw(), 10, 64)
			if v.Kind() != strictjson.Number || e != nil {
				return &ConfigError{Pointer: at, Msg: "must be a whole number of milliseconds, 0 to " + strconv.Itoa(MaxLingeringMS)}
			}
			l.MaxTimeoutMS = n
		}
		return err
	}, "enabled", "max_timeout_ms")
	return l, err
}

// readOrigins reads a part that names origins in its member list. The list is never nil.
func readOrigins(v strictjson.Value, at, list string) (enabled bool, origins []Origin, err error) {
	origins = []Origin{}
	err = eachMember(v, at, func(name, at string, v strictjson.Value) (err error) {
		switch name {
		case "enabled":
			enabled, err = readBool(v, at)
		case list:
			if v.Kind() != strictjson.Array {
				return &ConfigError{Pointer: at, Msg: "must be an array"}
			}
			for i, e := range v.Elements() {
				if i == MaxOrigins {
					return &ConfigError{Pointer: at, Msg: "must have at most " + strconv.Itoa(MaxOrigins) + " entries"}
				}
				o, err := readOrigin(e, at+"/"+strconv.Itoa(i))
				if err != nil {
					return err
				}
				origins = append(origins, o)
			}
		}
		return err
	}, "enabled", list)
	return enabled, origins, err
}

func readOrigin(v strictjson.Value, at string) (o Origin, err error) {
	err = eachMember(v, at, func(_, at string, v strictjson.Value) error {
		s, ok := v.Text()
		if !ok {
			return &ConfigError{Pointer: at, Msg: "must be a string", OriginURL: true}
		}
		o.URL = strings.Clone(s) // not a slice of the whole request
		return nil
	}, "url")
	return o, err
}

func readBool(v strictjson.Value, at string) (bool, error) {
	b, ok := v.Bool()
	if !ok {
		return false, &ConfigError{Pointer: at, Msg: "must be true or false"}
	}
	return b, nil
}

// eachMember calls read for the members of v, which stands at the pointer at, that have one of the names and are not null.
func eachMember(v strictjson.Value, at string, read func(name, at string, v strictjson.Value) error, names ...string) error {
	if v.Kind() != strictjson.Object {
		return &ConfigError{Pointer: at, Msg: "must be an object"}
	}
	for name, value := range v.Members() {
		known := false
		for _, n := range names {
			known = known || n == name
		}
		if !known {
			if variant := strictjson.CaseVariant(name, names); variant != "" {
				return &ConfigError{Pointer: at + "/" + variant, Msg: "spelled in another case"}
			}
			continue
		}
		if value.Kind() == strictjson.Null {
			continue
		}
		if err := read(name, at+"/"+name, value); err != nil {
			return err
		}
	}
	return nil
}
