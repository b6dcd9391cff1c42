package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/verifier"
)

const inspectHelp = `Decode a token without verifying it: anyone could have written what it says.

Usage:
  streamtoken inspect [flags] [TOKEN|URL|-]

Flags:
      --json   print one JSON object

Without an argument, or with "-", the token is read from standard input. Of a URL, the first path
segment with three parts is the token. Its size is set against what other carriers hold.

Example:
  streamtoken sign --key key.json --sub ea95132c15732412d22c1476fa83f27a | streamtoken inspect
`

// budget is how much one way of carrying a token has room for.
type budget struct {
	Transport string `json:"transport"`
	Limit     int    `json:"limit"` // bytes
	Fits      bool   `json:"fits"`
	holds     string // what the limit counts
}

// budgets sets a token's size against limits met in practice: SRT access control (a stream id of at most 512 bytes),
// RTMP and RTSP as MediaMTX documents them (a URL of 1,024 bytes; FFmpeg's RTSP, 4,096), cookies as RFC 6265 section 6.1
// (4,096 bytes for name, value and attributes).
func budgets(bytes int) []budget {
	table := []budget{
		{Transport: "srt", Limit: 512, holds: "stream id"},
		{Transport: "rtmp", Limit: 1024, holds: "URL"},
		{Transport: "rtsp_ffmpeg", Limit: 4096, holds: "URL"},
		{Transport: "cookie", Limit: 4096, holds: "name, value and attributes"},
	}
	for i := range table {
		table[i].Fits = bytes < table[i].Limit
	}
	return table
}

// inspectionJSON is what "inspect --json" prints.
type inspectionJSON struct {
	Verified   bool            `json:"verified"` // always false
	Header     json.RawMessage `json:"header"`
	Claims     json.RawMessage `json:"claims"`
	KeyID      string          `json:"key_id,omitempty"` // as claimed
	Bytes      int             `json:"bytes"`
	Problems   []string        `json:"problems"` // what verify would refuse about the form
	Transports []budget        `json:"transports"`
}

func newInspectCommand(env *environment) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "inspect [TOKEN|URL|-]",
		Short: "decode a token without verifying it",
		Long:  inspectHelp,
		Args:  oneArgAtMost,
		RunE: func(_ *cobra.Command, args []string) error {
			token, _, err := env.tokenArgument(args)
			if err != nil {
				return err
			}
			i, err := verifier.Inspect(token)
			if err != nil {
				return err
			}
			if asJSON {
				return writeInspectionJSON(env.stdout, i)
			}
			printNote(env.stderr, "nothing below is verified: anyone could have written it")
			return writeInspection(env.stdout, i, env.now())
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func writeInspectionJSON(w io.Writer, i verifier.Inspection) error {
	v := inspectionJSON{
		Header: i.Header, Claims: i.Claims, KeyID: i.KeyID, Bytes: i.Bytes,
		Problems: i.Problems, Transports: budgets(i.Bytes),
	}
	if v.Problems == nil {
		v.Problems = []string{}
	}
	out, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", escapeJSON(out))
	return err
}

func writeInspection(w io.Writer, i verifier.Inspection, now time.Time) error {
	var b strings.Builder
	fmt.Fprintf(&b, "header   %s\n", escapeJSON(i.Header))
	fmt.Fprintf(&b, "claims   %s\n", escapeJSON(i.Claims))
	if c, err := streamtoken.ParseClaims(i.Claims, false); err == nil {
		fmt.Fprintf(&b, "from     %s\n", describeTime(c.NotBefore, now))
		fmt.Fprintf(&b, "until    %s\n", describeTime(c.Expires, now))
	}
	fmt.Fprintf(&b, "size     %d bytes\n", i.Bytes)
	for _, t := range budgets(i.Bytes) {
		verdict := fmt.Sprintf("fits, %d left", t.Limit-i.Bytes)
		if !t.Fits {
			verdict = "does not fit"
		}
		fmt.Fprintf(&b, "  %-12s %s: %s of %d bytes\n", t.Transport, verdict, t.holds, t.Limit)
	}
	for _, p := range i.Problems {
		fmt.Fprintf(&b, "problem  %s\n", escapeJSON([]byte(p)))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// escapeJSON writes everything but printable ASCII as \u escapes, so that a hostile token cannot drive the terminal
// (control characters, bidirectional overrides). The value stays the same JSON.
func escapeJSON(data []byte) string {
	var b strings.Builder
	for _, r := range string(data) {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			b.WriteByte(' ') // white space between tokens: inside a string it is not legal JSON
		case r >= ' ' && r < 0x7f:
			b.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
