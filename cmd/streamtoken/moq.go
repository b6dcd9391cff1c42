package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/streamtoken/streamtoken/moq"
)

// moqKeyFileVariable names the environment variable that names the file of the key for relay tokens.
const moqKeyFileVariable = "STREAMTOKEN_MOQ_KEY_FILE"

const moqHelp = `Work with MoQ relay tokens: Ed25519 JWTs that say who may publish and subscribe at a relay.

Usage:
  streamtoken moq COMMAND [flags]

Commands:
  keygen   make an Ed25519 signing key
  jwks     print the public JWK Set of such keys
  sign     mint a relay token
  verify   accept or refuse a relay token, with the reason

A relay lets a token in that is signed by a key it knows and that is in its accepted set. These
commands work offline and know no such set; the control API keeps them.

Example:
  streamtoken moq keygen -o moq.json
  streamtoken moq jwks moq.json > moq-keys.json
  streamtoken moq sign --key moq.json --relay 5f0c2b6e1d9a4c7b8e3f6a1d2c5b4e7f |
    streamtoken moq verify --keys moq-keys.json
`

func newMoQCommand(env *environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:                        "moq",
		Short:                      "MoQ relay tokens and their keys",
		Long:                       moqHelp,
		Args:                       noCommand,
		SuggestionsMinimumDistance: 2,
		RunE:                       func(*cobra.Command, []string) error { return usagef("a command is missing") },
	}
	cmd.AddCommand(newMoQKeygenCommand(env), newMoQJWKSCommand(env), newMoQSignCommand(env), newMoQVerifyCommand(env))
	return cmd
}

const moqKeygenHelp = `Make an Ed25519 key that signs relay tokens, as a private JWK.

Usage:
  streamtoken moq keygen [-o FILE] [flags]

Flags:
  -o, --output FILE   write the key here: created with mode 0600, never overwritten
                      (default: standard output)

Advanced:
      --id ID         the key's id (default: 32 random hexadecimal digits)

The key is secret: whoever holds it can mint tokens. "streamtoken moq jwks" prints the part that may
be public.

Example:
  streamtoken moq keygen -o moq.json
`

func newMoQKeygenCommand(env *environment) *cobra.Command {
	var output, id string
	cmd := &cobra.Command{
		Use:   "keygen",
		Short: "make an Ed25519 signing key",
		Long:  moqKeygenHelp,
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("output") {
				if err := checkFileName("--output", output); err != nil {
					return err
				}
			}
			if cmd.Flags().Changed("id") && id == "" {
				return withHint(usagef("--id is empty"), "leave it out for a random one")
			}
			key, err := moq.GenerateKey(id)
			if err != nil {
				return err
			}
			text, err := key.MarshalJWK()
			if err != nil {
				return err
			}
			return env.writeNewKey(output, "key "+key.ID(), text)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&output, "output", "o", "", "file to write")
	flags.StringVar(&id, "id", "", "key id")
	return cmd
}

const moqJWKSHelp = `Print the public JWK Set of keys for relay tokens: what a relay needs, and nothing that can mint.

Usage:
  streamtoken moq jwks KEYFILE... [flags]

Advanced:
      --key-id ID   the id of a key whose file carries none (PEM)

KEYFILE holds an Ed25519 key as a private JWK or as PKCS #8 PEM; "-" is standard input.

Example:
  streamtoken moq jwks moq.json > moq-keys.json
`

func newMoQJWKSCommand(env *environment) *cobra.Command {
	var keyID string
	cmd := &cobra.Command{
		Use:   "jwks KEYFILE...",
		Short: "print the public JWK Set of such keys",
		Long:  moqJWKSHelp,
		Args:  keyFileArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			var keys []*moq.Key
			for _, name := range args {
				key, err := env.loadMoQKey(name, keyID)
				if err != nil {
					return err
				}
				keys = append(keys, key)
			}
			set, err := moq.MarshalJWKS(keys...)
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

// loadMoQKey reads one signing key, and says which file was at fault if it cannot.
func (env *environment) loadMoQKey(name, keyID string) (*moq.Key, error) {
	data, err := env.readInput(name, "signing key", maxKeyFileBytes)
	if err != nil {
		return nil, err
	}
	key, err := moq.ParseKey(data, keyID)
	if err != nil {
		if name == "-" {
			name = stdinName
		}
		return nil, moqKeyHint(fmt.Errorf("%s: %w", name, err), data, keyID)
	}
	env.warnIfExposed(name)
	return key, nil
}
