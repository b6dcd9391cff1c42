package main

import (
	"github.com/spf13/cobra"

	"github.com/streamtoken/streamtoken/internal/demo"
	"github.com/streamtoken/streamtoken/signer/vector"
)

const demoHelp = `Run all of it at once on loopback: a key, an origin with a short HLS video, an edge in front of it,
and a page that plays the video with a signed URL; a batch of tokens, with the engine that signs it
named; the control API with a stream token, a MoQ relay whose token is rotated, and a TURN key.

Usage:
  streamtoken demo [flags]

Flags:
      --once   make the requests, check each answer and end; exit status 0 only if each was right

Every listener is on 127.0.0.1, on a free port, and nothing else is contacted. Nothing is left on
disk: the control API's database lies among the temporary files and is removed at the end.
Without --once it runs until interrupted, and logs what the edge refuses on standard error.

Example:
  streamtoken demo
`

func newDemoCommand(env *environment) *cobra.Command {
	var once bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "all of it at once on loopback, with a video",
		Long:  demoHelp,
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			off, err := env.vectorOff()
			if err != nil {
				return err
			}
			cfg := demo.Config{Out: env.stdout, Log: env.stderr}
			if !off {
				cfg.Engine = vector.New() // where it cannot be used, crypto/rsa signs
			}
			if once {
				return demo.Once(cmd.Context(), cfg)
			}
			return demo.Run(cmd.Context(), cfg)
		},
	}
	cmd.Flags().BoolVar(&once, "once", false, "check and end")
	return cmd
}
