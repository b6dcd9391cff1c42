package main

import (
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/streamtoken/streamtoken/turn"
)

const turnKeygenHelp = `Make a TURN key, in the form in which the TURN keys API returns one.

Usage:
  streamtoken turn keygen [-o FILE] [flags]

Flags:
  -o, --output FILE   write the key here: created with mode 0600, never overwritten
                      (default: standard output)
      --name NAME     what people call it, at most 255 characters

The key is one JSON object, {"uid","key","name","created"}. It is secret: whoever holds it can make
credentials. A TURN server is given the 64 characters of "key" as they stand; with coturn:
  use-auth-secret
  static-auth-secret=KEY

Example:
  streamtoken turn keygen -o turn.json --name studio
`

const maxTURNNameChars = 255

func newTURNKeygenCommand(env *environment) *cobra.Command {
	var output, name string
	cmd := &cobra.Command{
		Use:   "keygen",
		Short: "make a TURN key",
		Long:  turnKeygenHelp,
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("output") {
				if err := checkTURNFileName("--output", output); err != nil {
					return err
				}
			}
			if !printableName(name) {
				return usagef("--name must be text of at most %d characters", maxTURNNameChars)
			}
			key := turn.GenerateKey()
			answer, err := key.MarshalAnswer(name, env.now())
			if err != nil {
				return err
			}
			return env.writeNewKey(output, "TURN key "+key.UID(), answer)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "file to write")
	cmd.Flags().StringVar(&name, "name", "", "name")
	return cmd
}

func printableName(name string) bool {
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return utf8.ValidString(name) && utf8.RuneCountInString(name) <= maxTURNNameChars
}
