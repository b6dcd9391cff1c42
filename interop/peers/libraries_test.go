package peers

import (
	"errors"
	"time"

	"github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"
	gojwt "github.com/golang-jwt/jwt/v5"
	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwt"
)

// claims is what a careful user of a general library would declare for a Stream token.
type claims struct {
	gojwt.RegisteredClaims
	KeyID        string `json:"kid"`
	Downloadable bool   `json:"downloadable"`
	AccessRules  []struct {
		Type    string   `json:"type"`
		Action  string   `json:"action"`
		IP      []string `json:"ip"`
		Country []string `json:"country"`
	} `json:"accessRules"`
}

// library checks a token with RS256 pinned and an expiry demanded, the strictest ordinary use of each.
type library struct {
	name  string
	check func(f *fixture, token string) error
}

var errNoExpiry = errors.New("no exp")

var libraries = []library{
	{"golang-jwt", func(f *fixture, token string) error {
		var c claims
		_, err := gojwt.ParseWithClaims(token, &c, func(*gojwt.Token) (any, error) { return &f.key.PublicKey, nil },
			gojwt.WithValidMethods([]string{"RS256"}), gojwt.WithExpirationRequired())
		return err
	}},
	{"golang-jwt-map", func(f *fixture, token string) error {
		_, err := gojwt.Parse(token, func(*gojwt.Token) (any, error) { return &f.key.PublicKey, nil },
			gojwt.WithValidMethods([]string{"RS256"}), gojwt.WithExpirationRequired())
		return err
	}},
	{"go-jose", func(f *fixture, token string) error {
		tok, err := josejwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
		if err != nil {
			return err
		}
		var std josejwt.Claims
		var own struct {
			KeyID        string `json:"kid"`
			Downloadable bool   `json:"downloadable"`
			AccessRules  []any  `json:"accessRules"`
		}
		if err := tok.Claims(&f.key.PublicKey, &std, &own); err != nil {
			return err
		}
		if std.Expiry == nil {
			return errNoExpiry
		}
		return std.ValidateWithLeeway(josejwt.Expected{Time: time.Now()}, 0)
	}},
	{"jwx", func(f *fixture, token string) error {
		tok, err := jwt.Parse([]byte(token), jwt.WithKey(jwa.RS256(), &f.key.PublicKey), jwt.WithRequiredClaim("exp"))
		if err != nil {
			return err
		}
		_ = tok
		return nil
	}},
}
