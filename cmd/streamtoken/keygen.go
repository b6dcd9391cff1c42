package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/streamtoken/streamtoken/signer"
)

const keygenHelp = `Make a signing key, in the form in which the Stream keys API returns one.

Usage:
  streamtoken keygen [-o FILE] [flags]

Flags:
  -o, --output FILE   write the key here: created with mode 0600, never overwritten
                      (default: standard output)

Advanced:
      --id ID         the key's id (default: 32 random hexadecimal digits)
      --bits N        size of the RSA key, 2048 to 8192 (default 2048)

The key is one JSON object, {"id","pem","jwk","created"}; "pem" and "jwk" are base64. It is secret:
whoever holds it can mint tokens. "streamtoken jwks" prints the part that may be public.

Example:
  streamtoken keygen -o key.json
`

func newKeygenCommand(env *environment) *cobra.Command {
	var (
		output string
		id     string
		bits   int
	)
	cmd := &cobra.Command{
		Use:   "keygen",
		Short: "make a signing key",
		Long:  keygenHelp,
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
			key, err := signer.GenerateKey(id, bits)
			if err != nil {
				return err
			}
			answer, err := key.MarshalAnswer(env.now())
			if err != nil {
				return err
			}
			return env.writeNewKey(output, "key "+key.ID(), answer)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&output, "output", "o", "", "file to write")
	flags.StringVar(&id, "id", "", "key id")
	flags.IntVar(&bits, "bits", 2048, "RSA key size")
	return cmd
}

// writeNewKey writes a key to the new file called name, or to standard output if name is "" or "-". what names the key for
// the note on standard error.
func (env *environment) writeNewKey(name, what string, key []byte) error {
	key = append(key, '\n')
	if name == "" || name == "-" {
		_, err := env.stdout.Write(key)
		return err
	}
	if err := writeNewPrivateFile(name, key); err != nil {
		return err
	}
	printNote(env.stderr, fmt.Sprintf("wrote %s to %s", what, name))
	return nil
}

// writeNewPrivateFile creates name for its owner alone and writes data to stable storage. It never overwrites, and leaves
// nothing half written behind.
func writeNewPrivateFile(name string, data []byte) (err error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return withHint(fmt.Errorf("%s exists and is not overwritten", name), "choose another name, or move the old key away first")
	case errors.Is(err, fs.ErrNotExist):
		dir := filepath.Dir(name)
		return withHint(fmt.Errorf("cannot create %s: there is no directory %s", name, dir), "make it first: mkdir -p -m 700 "+dir)
	case err != nil:
		return fileError("create", "key file", name, err)
	}
	defer func() {
		if err != nil {
			os.Remove(name)
			err = fileError("write", "key file", name, err)
		}
	}()
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
