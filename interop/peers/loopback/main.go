// Loopback measures what checking a token costs a server: the CPU time of its process for one request, over real connections
// on the loopback interface, beside the same server without the check and beside other ways to check the same token.
//
//	npm ci --ignore-scripts
//	go run ./loopback [--rounds 7] [--seconds 2] [--only NAME,...] [--json]
//
// It is run in interop/peers, on Linux with two CPUs or more and nothing else to do, and needs no privileges. The Debian
// packages are haproxy, nginx, libnginx-mod-http-js, wrk, nodejs and npm. It starts every server on a free port of
// 127.0.0.1, asks each about a good token (204) and about bad ones (401 or 403), measures, asks again, prints one table
// and stops them. An answer under load that is not a good one ends the run.
//
// Every server is kept on one CPU with one thread of its own (GOMAXPROCS=1), wrk on another with 32 connections that are kept
// open. In each round every row is measured once; the table shows medians over the rounds. The servers stay up throughout.
//
// # Columns
//
// Requests are "same": one token of about 900 bytes with three access rules, one of them by country, in Authorization, and the
// X-Forwarded-For and CF-IPCountry of a proxy in front; "plain": one token with rules by address alone and no such fields;
// "distinct": as same with 20,000 tokens in turn, more than a cache of 16 MiB holds. What checks signature and expiry alone gets
// the same requests. Only auth0's tokens have an issuer and an audience besides, 56 bytes more, which its validator insists on.
//
// "CPU us/request" is user and system time of the server's process and its children over the requests wrk counts. "x bare" is
// that over what net/http uses in the same round to answer the same requests after reading the token from its field; "x
// streamtoken" over what the middleware uses for them, which is its cost with a remembered token in rows of "same" and "plain",
// without in rows of "distinct". These have a server of their own, streamtoken-full: after a first round of "distinct" its memory is full, and the garbage
// collector has more to go through in its row of "same". "requests/s" is what came
// through; where the server is fast it is wrk that could do no more. The line below the table says what share of the two CPUs went to other work: a few percent is a quiet machine.
//
// --only keeps the rows whose name (such as streamtoken/same or node-jose/distinct) contains one of the words; a ratio to a row
// that was left out is "-".
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

func main() {
	if len(os.Args) == 5 && os.Args[1] == "serve" { // NAME ADDRESS KEY.pem; ends as any server does when it is told to
		fmt.Fprintln(os.Stderr, "loopback serve:", serve(os.Args[2], os.Args[3], os.Args[4]))
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program: exit status 0, 1 when something failed, 2 for wrong usage.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("loopback", flag.ContinueOnError)
	flags.SetOutput(stderr)
	rounds := flags.Int("rounds", 7, "how often every row is measured")
	seconds := flags.Int("seconds", 2, "for how long each time")
	only := flags.String("only", "", "measure only rows whose name contains one of these words, separated by commas")
	asJSON := flags.Bool("json", false, "print JSON, with every round")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	p := plan{rows: selectRows(*only), rounds: *rounds, seconds: *seconds, warmUp: true, status: stderr}
	if flags.NArg() > 0 || p.rounds < 1 || p.seconds < 1 || len(p.rows) == 0 {
		fmt.Fprintln(stderr, "loopback: --rounds and --seconds are at least 1, --only names at least one row, and there are no arguments")
		return 2
	}
	if err := compare(ctx, p, *asJSON, stdout); err != nil {
		fmt.Fprintln(stderr, "loopback:", err)
		return 1
	}
	return 0
}

// compare measures and prints, and leaves nothing behind.
func compare(ctx context.Context, p plan, asJSON bool, stdout io.Writer) (err error) {
	temp, err := os.MkdirTemp("", "loopback")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	b, err := newBench(temp)
	if err != nil {
		return err
	}
	defer b.close()
	results, err := b.run(ctx, p)
	if err != nil {
		return err
	}
	write := markdown
	if asJSON {
		write = writeJSON
	}
	return write(stdout, summarize(results), b.describe(ctx), p)
}

func selectRows(only string) []row {
	if only == "" {
		return rows()
	}
	words := strings.Split(only, ",")
	return slices.DeleteFunc(rows(), func(r row) bool {
		return !slices.ContainsFunc(words, func(w string) bool { return w != "" && strings.Contains(r.name(), w) })
	})
}
