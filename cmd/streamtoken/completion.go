package main

import (
	"github.com/spf13/cobra"
)

const completionHelp = `Print a script that makes a shell complete the commands and flags of streamtoken.

Usage:
  streamtoken completion bash|zsh|fish|powershell

Example:
  source <(streamtoken completion bash)
`

func newCompletionCommand() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:       "completion bash|zsh|fish|powershell",
		Short:     "print a shell completion script",
		Long:      completionHelp,
		ValidArgs: shells,
		Args: func(_ *cobra.Command, args []string) error {
			for _, s := range shells {
				if len(args) == 1 && args[0] == s {
					return nil
				}
			}
			return usagef("name one shell: bash, zsh, fish or powershell")
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root, out := cmd.Root(), cmd.OutOrStdout()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(out, true)
			case "zsh":
				return root.GenZshCompletion(out)
			case "fish":
				return root.GenFishCompletion(out, true)
			default:
				return root.GenPowerShellCompletionWithDesc(out)
			}
		},
	}
}
