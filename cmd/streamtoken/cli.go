package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"
)

// environment is all that a command may touch of the world besides the files its flags name.
type environment struct {
	stdin  io.Reader
	stdout io.Writer // data
	stderr io.Writer // for people
	getenv func(string) string
	now    func() time.Time
}

// Exit statuses.
const (
	exitOK     = 0 // done, or accepted
	exitFailed = 1 // refused, or failed
	exitUsage  = 2 // the command line was not understood
)

// run executes one command line, without the program's name, and gives the exit status. It ends early when ctx does.
func run(ctx context.Context, args []string, env *environment) int {
	root := newRootCommand(env)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	var usage *usageError
	if !errors.As(err, &usage) {
		printError(env.stderr, err, args)
		return exitFailed
	}
	printError(env.stderr, withHint(err, "see: "+cmd.CommandPath()+" --help"), args)
	return exitUsage
}

const rootHelp = `Mint Stream signed-URL tokens on this machine, check them, and protect an origin with them.

Usage:
  streamtoken COMMAND [flags]

Commands:
  keygen       make a signing key
  jwks         print the public JWK Set of signing keys
  sign         mint a token, a signed URL, or many tokens
  verify       accept or refuse a token, with the reason
  inspect      decode a token without verifying it
  rules lint   warn of access rules that look restrictive and are not
  serve        stand before an origin and let in who holds a good token
  api          serve the control API: keys, tokens, relays, as the official SDKs call it
  moq          make and check MoQ relay tokens and their keys
  turn         make and check TURN keys and credentials
  demo         all of it at once on loopback, with a video
  bench        measure minting and checking on this machine, beside crypto/rsa
  completion   print a shell completion script
  version      print the version

Data goes to standard output, words for people to standard error; "-" is standard input.
Exit status: 0 done or accepted, 1 refused or failed, 2 the command line was not understood.
"streamtoken COMMAND --help" tells more.

Example:
  streamtoken keygen -o key.json
  streamtoken jwks key.json > keys.json
  streamtoken sign --key key.json --sub ea95132c15732412d22c1476fa83f27a > token.txt
  streamtoken verify --keys keys.json - < token.txt
`

func newRootCommand(env *environment) *cobra.Command {
	root := &cobra.Command{
		Use:                        "streamtoken",
		Short:                      "mint and check Stream signed-URL tokens",
		Long:                       rootHelp,
		Args:                       noCommand,
		RunE:                       func(*cobra.Command, []string) error { return usagef("a command is missing") },
		SilenceErrors:              true,
		SuggestionsMinimumDistance: 2,
		SilenceUsage:               true,
		CompletionOptions:          cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetIn(env.stdin)
	root.SetOut(env.stdout)
	root.SetErr(env.stderr)
	root.SetFlagErrorFunc(flagError)
	// Long is the whole help, written by hand.
	root.SetHelpTemplate("{{.Long}}")
	root.AddCommand(
		newKeygenCommand(env),
		newJWKSCommand(env),
		newSignCommand(env),
		newVerifyCommand(env),
		newInspectCommand(env),
		newRulesCommand(env),
		newServeCommand(env),
		newAPICommand(env),
		newMoQCommand(env),
		newTURNCommand(env),
		newDemoCommand(env),
		newBenchCommand(env),
		newCompletionCommand(),
		newVersionCommand(env),
	)
	return root
}
