package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/streamtoken/streamtoken/signer"
	"github.com/streamtoken/streamtoken/signer/vector"
)

// vectorVariable names the environment variable that keeps the vector engine from being used.
const vectorVariable = "STREAMTOKEN_VECTOR"

// engines are the values of --engine.
var engines = []string{"auto", "std", "vector"}

const (
	cryptoRSA   = "crypto/rsa"
	vectorIsOff = "$" + vectorVariable + " is off"
)

// vectorOff tells whether the environment switches the vector engine off. A value that is not understood is an error: whoever
// set it wanted something, and most likely this.
func (env *environment) vectorOff() (bool, error) {
	switch env.getenv(vectorVariable) {
	case "":
		return false, nil
	case "off":
		return true, nil
	}
	return false, withHint(usagef("$%s: the value is not known", vectorVariable), `"off" keeps the vector engine from being used; unset it to let the machine decide`)
}

// bulkSigner makes the Signer of a batch with the engine that choice, one of engines, asks for. about says which signs, and
// why not the vector engine if it was to.
func (env *environment) bulkSigner(key *signer.Key, choice string) (s *signer.Signer, about string, err error) {
	cfg := signer.Config{Key: key, Now: env.now}
	off, err := env.vectorOff()
	if err != nil {
		return nil, "", err
	}
	why := ""
	switch {
	case choice == "std":
		why = "--engine std"
	case off:
		why = vectorIsOff
	default:
		if err := vector.Available(); err != nil {
			why = reason(err)
		} else {
			cfg.Engine = vector.New()
		}
	}
	if s, err = signer.New(cfg); err != nil {
		return nil, "", err
	}
	name, refused := s.Engine()
	if refused != "" {
		why = reason(errors.New(refused))
	}
	switch {
	case name != cryptoRSA:
		return s, name + " (8 RSA signatures at once, AVX-512 IFMA)", nil
	case choice == "vector":
		return nil, "", withHint(fmt.Errorf("the vector engine cannot be used: %s", why), "--engine auto takes crypto/rsa then; the tokens are the same")
	}
	return s, cryptoRSA + " (" + why + ")", nil
}

// reason is what err says without the names of packages.
func reason(err error) string {
	return strings.TrimSpace(packageName.ReplaceAllString(err.Error(), "$1"))
}
