package main

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"strings"

	jwtmiddleware "github.com/auth0/go-jwt-middleware/v2"
	"github.com/auth0/go-jwt-middleware/v2/validator"
	"github.com/golang-jwt/jwt/v5"

	"github.com/streamtoken/streamtoken/gate"
	"github.com/streamtoken/streamtoken/middleware"
	"github.com/streamtoken/streamtoken/verifier"
)

// goHandlers are the servers of this program itself, by the name given to its subcommand serve.
var goHandlers = map[string]func(*rsa.PublicKey) (http.Handler, error){
	"bare": func(*rsa.PublicKey) (http.Handler, error) { return http.HandlerFunc(noContent), nil },
	"reads": func(*rsa.PublicKey) (http.Handler, error) {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer(w, r, bearer(r) != "")
		}), nil
	},
	"fields": func(*rsa.PublicKey) (http.Handler, error) {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			for name, value := range oursFields {
				h[name] = []string{value}
			}
			answer(w, r, bearer(r) != "")
		}), nil
	},
	oursName: forwardedHandler,
	fullName: forwardedHandler,
	"streamtoken-plain": func(pub *rsa.PublicKey) (http.Handler, error) {
		return streamtokenHandler(pub, middleware.Config{})
	},
	"golang-jwt": golangJWTHandler,
	"auth0":      auth0Handler,
}

// oursFields are what the middleware adds to an answer to a request like the load tool's; a test compares.
var oursFields = map[string]string{
	"Access-Control-Allow-Origin":   "*",
	"Access-Control-Expose-Headers": "Accept-Ranges, Content-Length, Content-Range, Date, ETag, Last-Modified, Link, Location, Retry-After, WWW-Authenticate",
	"Cache-Control":                 "private",
	"Referrer-Policy":               "no-referrer",
}

// serve answers on address until it is killed.
func serve(name, address, keyFile string) error {
	build, ok := goHandlers[name]
	if !ok {
		return fmt.Errorf("no server %q", name)
	}
	pub, err := readPublicKey(keyFile)
	if err != nil {
		return err
	}
	h, err := build(pub)
	if err != nil {
		return err
	}
	return (&http.Server{Addr: address, Handler: h}).ListenAndServe()
}

func readPublicKey(file string) (*rsa.PublicKey, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("%s: no PEM block", file)
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	pub, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%s: not an RSA key", file)
	}
	return pub, nil
}

func noContent(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

func answer(w http.ResponseWriter, r *http.Request, ok bool) {
	if !ok {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	noContent(w, r)
}

// bearer is how the handlers that are not a library's read the token.
func bearer(r *http.Request) string {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return ""
	}
	return token
}

func forwardedHandler(pub *rsa.PublicKey) (http.Handler, error) {
	return streamtokenHandler(pub, middleware.Config{
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		CountryHeader:  "CF-IPCountry",
	})
}

func streamtokenHandler(pub *rsa.PublicKey, cfg middleware.Config) (http.Handler, error) {
	key, err := verifier.NewKey(keyID, pub)
	if err != nil {
		return nil, err
	}
	set, err := verifier.NewStaticKeys(key)
	if err != nil {
		return nil, err
	}
	v, err := verifier.New(verifier.Config{Keys: set})
	if err != nil {
		return nil, err
	}
	if cfg.Gate, err = gate.New(gate.Config{Verifier: v}); err != nil {
		return nil, err
	}
	cfg.Bearer = true
	wrap, err := middleware.New(cfg)
	if err != nil {
		return nil, err
	}
	return wrap(http.HandlerFunc(noContent)), nil
}

// golangJWTHandler reads the registered claims alone, which is the cheapest ordinary use of the library.
func golangJWTHandler(pub *rsa.PublicKey) (http.Handler, error) {
	keyOf := func(*jwt.Token) (any, error) { return pub, nil }
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithExpirationRequired())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := parser.ParseWithClaims(bearer(r), &jwt.RegisteredClaims{}, keyOf)
		answer(w, r, err == nil)
	}), nil
}

// What auth0's validator insists on and a Stream token does not have: its tokens get both, and are so much longer.
const (
	auth0Issuer   = "https://issuer.test/"
	auth0Audience = "edge"
)

func auth0Handler(pub *rsa.PublicKey) (http.Handler, error) {
	v, err := validator.New(func(context.Context) (any, error) { return pub, nil }, validator.RS256, auth0Issuer, []string{auth0Audience})
	if err != nil {
		return nil, err
	}
	m := jwtmiddleware.New(v.ValidateToken, jwtmiddleware.WithErrorHandler(func(w http.ResponseWriter, r *http.Request, err error) {
		if !errors.Is(err, jwtmiddleware.ErrJWTMissing) && !errors.Is(err, jwtmiddleware.ErrJWTInvalid) {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		answer(w, r, false) // the library's own handler says 400 to a missing token
	}))
	return m.CheckJWT(http.HandlerFunc(noContent)), nil
}
