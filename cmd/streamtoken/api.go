package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"
)

const apiHelp = `Serve the control API: Stream keys and tokens, MoQ relays and TURN keys, as Cloudflare's API has
them, so that the official SDKs run against it with only their base URL changed.

Usage:
  streamtoken api [flags]
  streamtoken api --listen unix:PATH --key FILE
  streamtoken api backup -o FILE
  streamtoken api restore FILE

Flags:
      --listen ADDR|unix:PATH  where to listen (default 127.0.0.1:8788); a socket is for its owner
                               alone (mode 0600)
      --token-file FILE        who may call: lines of TOKEN [ACCOUNT_ID]; made with one random token
                               when absent; followed
      --store URL              the state: sqlite:PATH, or postgres://USER@HOST/DATABASE
      --master-key FILE        what the private keys in the state are sealed with, 64 hexadecimal
                               digits; made when absent, never overwritten

Advanced:
      --lease DUR              for how long this node, or a follower, may go on without hearing of
                               changes, 1s to 60s (default 10s)
      --turn-host HOST         the host in the URLs of ICE servers (default localhost)
      --tls-cert FILE          speak TLS with this certificate chain (PEM; followed) ...
      --tls-key FILE           ... and its key
      --insecure-listen        listen beyond this machine without TLS: a TLS proxy is in front
      --key FILE               only mint, with this signing key, and keep no state: for services in
                               other languages on this machine, on a socket and without a token
      --key-id ID              the id of a key whose file carries none (PEM)

Files lie in $XDG_STATE_HOME/streamtoken (~/.local/state/streamtoken) unless named: api-token,
api-master-key and api.db, made for their owner alone. Keep the master key apart from backups, and
lose neither. A password for PostgreSQL belongs into ~/.pgpass, or the file that $PGPASSFILE names.

SIGHUP reads tokens and certificate again at once; SIGTERM and SIGINT let requests in flight finish
for up to 30 seconds.

Example:
  streamtoken api
  export CLOUDFLARE_BASE_URL=http://127.0.0.1:8788/client/v4
  export CLOUDFLARE_API_TOKEN=$(cat ~/.local/state/streamtoken/api-token)
  streamtoken api --listen unix:/run/mint.sock --key key.json
  curl --unix-socket /run/mint.sock -X POST http://localhost/accounts/any/stream/UID/token
`

const apiBackupHelp = `Write a copy of the control API's state to one file, while it runs or not.

Usage:
  streamtoken api backup -o FILE [flags]

Flags:
  -o, --output FILE            the copy: created with mode 0600, never overwritten
      --store URL              the state: sqlite:PATH (default as for "streamtoken api")
      --master-key FILE        its master key (default as for "streamtoken api")

The master key is not in it, and without that key it is of no use: keep both, apart.
A PostgreSQL database is copied with its own tools: pg_dump -Fc -d URL -f FILE

Example:
  streamtoken api backup -o state.backup
`

const apiRestoreHelp = `Make the control API's state from a copy that "streamtoken api backup" wrote, in place of what is
there.

Usage:
  streamtoken api restore FILE [flags]
  streamtoken api restore --adopt [flags]

Flags:
      --store URL              the state to make: sqlite:PATH (default as for "streamtoken api")
      --master-key FILE        the master key of the copy (default as for "streamtoken api")
      --keep-credentials       nothing was revoked since the copy was made: accept its keys and
                               tokens

Advanced:
      --adopt                  take into use a database that was put into place by other means

Objects are as they were. Keys and tokens that were revoked, rotated or deleted since stay so, as
far as the state that is replaced still tells; where there is none, all of the copy are revoked
unless --keep-credentials vouches for them. The state that is replaced is kept beside it.
A PostgreSQL database is restored with its own tools, and then taken into use:
pg_restore -d URL FILE; streamtoken api restore --adopt --store URL

Example:
  streamtoken api restore state.backup
`

func newAPICommand(env *environment) *cobra.Command {
	var o apiOptions
	cmd := &cobra.Command{
		Use:   "api",
		Short: "serve the control API",
		Long:  apiHelp,
		Args:  noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.set = cmd.Flags().Changed
			return runAPI(cmd.Context(), env, o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.listen, "listen", defaultAPIListen, "address to listen on")
	flags.StringVar(&o.tokenFile, "token-file", "", "who may call")
	flags.StringVar(&o.store, "store", "", "the state")
	flags.StringVar(&o.masterKey, "master-key", "", "master key file")
	flags.DurationVar(&o.lease, "lease", defaultLease, "how long without the store")
	flags.StringVar(&o.turnHost, "turn-host", "", "host of ICE servers")
	flags.StringVar(&o.tlsCert, "tls-cert", "", "certificate chain")
	flags.StringVar(&o.tlsKey, "tls-key", "", "certificate's key")
	flags.BoolVar(&o.insecureListen, "insecure-listen", false, "listen beyond this machine without TLS")
	flags.StringVar(&o.key, "key", "", "signing key of a minter without state")
	flags.StringVar(&o.keyID, "key-id", "", "id of a key whose file carries none")
	cmd.AddCommand(newAPIBackupCommand(env), newAPIRestoreCommand(env))
	return cmd
}

func newAPIBackupCommand(env *environment) *cobra.Command {
	var (
		o      apiOptions
		output string
	)
	cmd := &cobra.Command{
		Use:   "backup",
		Short: "copy the control API's state to a file",
		Long:  apiBackupHelp,
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.set = cmd.Flags().Changed
			return runAPIBackup(cmd.Context(), env, o, output)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&output, "output", "o", "", "file to write")
	flags.StringVar(&o.store, "store", "", "the state")
	flags.StringVar(&o.masterKey, "master-key", "", "master key file")
	return cmd
}

func newAPIRestoreCommand(env *environment) *cobra.Command {
	var o apiOptions
	cmd := &cobra.Command{
		Use:   "restore",
		Short: "make the control API's state from a copy",
		Long:  apiRestoreHelp,
		Args:  oneArgAtMost,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.set = cmd.Flags().Changed
			return runAPIRestore(cmd.Context(), env, o, args)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.store, "store", "", "the state")
	flags.StringVar(&o.masterKey, "master-key", "", "master key file")
	flags.BoolVar(&o.keepCredentials, "keep-credentials", false, "credentials of the copy are good")
	flags.BoolVar(&o.adopt, "adopt", false, "take what is there into use")
	return cmd
}

// Times of the server. A call that takes something away waits for the leases of nodes that do not answer, so both reading and
// writing may take longer than the longest of them: when the time for reading is over, net/http ends the request's context,
// though all of it was read long ago. The handler itself bounds how long a body may take.
const (
	defaultAPIListen = "127.0.0.1:8788"
	defaultLease     = 10 * time.Second
	minLease         = time.Second
	maxLease         = time.Minute

	apiReadHeader  = 10 * time.Second
	apiRead        = apiWrite
	apiWrite       = maxLease + time.Minute
	apiIdle        = 75 * time.Second
	apiDrain       = 30 * time.Second
	apiHeaderBytes = 32 << 10
)

func runAPI(ctx context.Context, env *environment, o apiOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	if o.key != "" {
		return runMinter(ctx, env, o)
	}
	return runControl(ctx, env, o)
}
