// Command streamtoken mints Cloudflare-Stream-compatible signed-URL tokens, checks them, and stands before an origin
// letting in who holds a good one. Each subcommand has a file of its own, which turns flags into calls.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := untilSignal()
	code := run(ctx, os.Args[1:], &environment{
		stdin:  os.Stdin,
		stdout: os.Stdout,
		stderr: os.Stderr,
		getenv: os.Getenv,
		now:    time.Now,
	})
	stop()
	os.Exit(code)
}

// oneRequest is how long after a signal another one is the same request to end: timeout(1), for one, signals its child and
// then the group that its child is in.
const oneRequest = 500 * time.Millisecond

// untilSignal gives a context that ends when the program is asked to end. Whoever asks again, because a command waits for
// something that does not heed the context, such as a full pipe or a FIFO that nobody opens, ends the program at once, unless
// the command takes that signal itself. stop forgets about signals.
func untilSignal() (ctx context.Context, stop func()) {
	ctx, stop = signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	afterRequest(ctx, stop)
	return ctx, stop
}

// afterRequest calls f when the request that ended ctx is over.
func afterRequest(ctx context.Context, f func()) {
	context.AfterFunc(ctx, func() { time.AfterFunc(oneRequest, f) })
}
