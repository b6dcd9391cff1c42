package main

import (
	"io"

	"github.com/spf13/cobra"
)

const completionHelp = `Print a script that makes a shell complete the commands and flags of streamtoken.

Usage:
  streamtoken completion bash|zsh|fish|powershell

Example:
  source <(streamtoken completion bash)
`

// bashWithoutPackage stands in for what cobra's script takes from the package bash-completion, where that is not installed
// or not loaded (yet: it then replaces this).
const bashWithoutPackage = `if ! declare -F _get_comp_words_by_ref >/dev/null 2>&1; then
    _get_comp_words_by_ref() {
        words=("${COMP_WORDS[@]}")
        cword=$COMP_CWORD
        cur=${COMP_WORDS[COMP_CWORD]}
        prev=
        if ((COMP_CWORD > 0)); then prev=${COMP_WORDS[COMP_CWORD - 1]}; fi
    }
fi
if ! declare -F _filedir >/dev/null 2>&1; then
    _filedir() { compopt -o default 2>/dev/null; }
fi

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
				if _, err := io.WriteString(out, bashWithoutPackage); err != nil {
					return err
				}
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
