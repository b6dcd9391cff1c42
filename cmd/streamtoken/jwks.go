package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/streamtoken/streamtoken/signer"
)

const jwksHelp = `Print the public JWK Set of signing keys: what a verifier needs, and nothing that can mint.

Usage:
  streamtoken jwks KEYFILE... [flags]

Advanced:
      --key-id ID   the id of a key whose file carries none (PEM)

KEYFILE holds a signing key in any form in which Stream hands one out: the answer of the keys API,
whole or its "result" alone, PEM, JWK, or either of these in base64; "-" is standard input.

Example:
  streamtoken jwks key.json > keys.json
`

func newJWKSCommand(env *environment) *cobra.Command {
	var keyID string
	cmd := &cobra.Command{
		Use:   "jwks KEYFILE...",
		Short: "print the public JWK Set of signing keys",
		Long:  jwksHelp,
		Args:  keyFileArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			var keys []*signer.Key
			seen := map[string]string{}
			for _, name := range args {
				key, err := env.loadSigningKey(name, keyID)
				if err != nil {
					return err
				}
				if first, twice := seen[key.ID()]; twice {
					return fmt.Errorf("%s and %s hold keys with one id, %s", first, name, key.ID())
				}
				seen[key.ID()] = name
				keys = append(keys, key)
			}
			set, err := signer.MarshalJWKS(keys...)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(env.stdout, "%s\n", set)
			return err
		},
	}
	cmd.Flags().StringVar(&keyID, "key-id", "", "id of a key whose file carries none")
	return cmd
}

// keyFileArgs wants one KEYFILE or more.
func keyFileArgs(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usagef("KEYFILE is missing")
	}
	for _, name := range args {
		if err := checkFileName("KEYFILE", name); err != nil {
			return err
		}
	}
	return nil
}

// loadSigningKey reads one signing key, and says which file was at fault if it cannot.
func (env *environment) loadSigningKey(name, keyID string) (*signer.Key, error) {
	data, err := env.readInput(name, "signing key", maxKeyFileBytes)
	if err != nil {
		return nil, err
	}
	key, err := signer.ParseKey(data, keyID)
	if err != nil {
		if name == "-" {
			name = stdinName
		}
		return nil, signingKeyHint(fmt.Errorf("%s: %w", name, err), data, keyID)
	}
	env.warnIfExposed(name)
	return key, nil
}
