package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/streamtoken/streamtoken/internal/bench"
)

const benchHelp = `Measure on this machine what minting and checking a token takes beside crypto/rsa.

Usage:
  streamtoken bench [flags]

Flags:
      --json        print one JSON object instead of the table; times in nanoseconds
      --html FILE   also write the table, with bars, as a page of its own; never overwritten
      --url URL     also ask this URL again and again, such as a signed URL of one's own edge, and
                    tell requests per second and how long answers take

It takes about twenty seconds, on one core except where a table says otherwise. The key and the
tokens are made for the run; nothing is contacted but the URL. Each figure stands beside crypto/rsa
in the same rounds, the two taking turns, and is a median: a busy machine changes the times, much
less the ratios.

Minting in bulk is what sign --batch does, with crypto/rsa and, where this machine has what it
needs, with the vector engine, which bulk_engine then names; where it has not, its rows say why, and
the JSON has no bulk_vector_ns, all_bulk_vector_ns and verify_cold_vector_ns. STREAMTOKEN_VECTOR=off
in the environment keeps it from being used. Figures on all cores are by the clock, a token each.

The second check of a token is all that a request needs: the token found in the verifier's memory
and compared whole, its key still held, its time, revocation (none is configured), and its three
access rules decided for a viewer whose country is known.

The URL is asked over 8 kept connections for 3 seconds. Redirects are not followed, and an answer
other than 2xx is an error.

Example:
  streamtoken bench
`

type benchOptions struct {
	json bool
	html string
	url  string
	cfg  bench.Config // its zero value but in tests
}

func newBenchCommand(env *environment) *cobra.Command {
	var o benchOptions
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "measure minting and checking on this machine",
		Long:  benchHelp,
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, f := range []struct{ name, value string }{{"html", o.html}, {"url", o.url}} {
				if f.value == "" && cmd.Flags().Changed(f.name) {
					return usagef("--%s is empty", f.name)
				}
			}
			return runBench(cmd.Context(), env, o)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.json, "json", false, "print JSON")
	flags.StringVar(&o.html, "html", "", "page to write")
	flags.StringVar(&o.url, "url", "", "URL to ask")
	return cmd
}

func runBench(ctx context.Context, env *environment, o benchOptions) error {
	if o.html != "" {
		if err := checkFileName("--html", o.html); err != nil {
			return err
		}
		// Not only after the measuring.
		if err := canCreate(o.html); err != nil {
			return err
		}
	}
	if o.url != "" {
		if bench.CheckURL(o.url) != nil {
			// Not repeated: it holds a token.
			return withHint(usagef("--url: the value is not an http or https URL"), "a signed URL, as sign --url prints one")
		}
		o.cfg.Load.URL = o.url
	}
	off, err := env.vectorOff()
	if err != nil {
		return err
	}
	if off {
		o.cfg.VectorOff = vectorIsOff
	}
	printNote(env.stderr, "measuring for about twenty seconds")
	result, err := bench.Run(ctx, o.cfg)
	if err != nil {
		return benchError(err)
	}
	if o.html != "" {
		var page bytes.Buffer
		if err := result.WriteHTML(&page, env.now()); err != nil {
			return err
		}
		if err := writeNewPage(o.html, page.Bytes()); err != nil {
			return err
		}
		printNote(env.stderr, "wrote the page to "+o.html)
	}
	if !o.json {
		return result.WriteText(env.stdout)
	}
	out, err := json.Marshal(result)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "%s\n", out)
	return err
}

// benchError says what to do about a URL that is not answered.
func benchError(err error) error {
	var status *bench.StatusError
	switch {
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted before all was measured")
	case !errors.As(err, &status):
		return err
	case status.Status >= 300 && status.Status < 400:
		return withHint(err, "redirects are not followed: give the URL they lead to")
	case status.Status == 401 || status.Status == 403:
		return withHint(err, "ask streamtoken verify why a token is refused")
	}
	return err
}

// canCreate refuses what writeNewPage would.
func canCreate(name string) error {
	if _, err := os.Lstat(name); err == nil {
		return pageError(name, fs.ErrExist)
	}
	dir := filepath.Dir(name)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return pageError(name, fs.ErrNotExist)
	}
	return nil
}

// writeNewPage creates name and writes data. It never overwrites, and leaves nothing half written behind.
func writeNewPage(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return pageError(name, err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(name)
		return pageError(name, err)
	}
	return nil
}

func pageError(name string, err error) error {
	switch {
	case errors.Is(err, fs.ErrExist):
		return withHint(fmt.Errorf("%s exists and is not overwritten", name), "choose another name")
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("cannot create %s: there is no directory %s", name, filepath.Dir(name))
	}
	return fileError("write", "page", name, err)
}
