package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	streamtoken "github.com/streamtoken/streamtoken"
	"github.com/streamtoken/streamtoken/accessrules"
	"github.com/streamtoken/streamtoken/signer"
)

// checkBatchFlags refuses what does not go together with --batch, or not without it.
func (o *signOptions) checkBatchFlags(set func(string) bool) error {
	if !set("batch") {
		for _, name := range []string{"engine", "output"} {
			if set(name) {
				return usagef("--%s needs --batch", name)
			}
		}
		return nil
	}
	for _, name := range []string{"sub", "url", "asset"} {
		if set(name) {
			return withHint(usagef("--batch and --%s exclude each other", name), "each line of the batch has its own sub, and gives a token")
		}
	}
	if !slices.Contains(engines, o.engine) {
		return withHint(usagef("--engine: there is no such engine"), "one of: "+strings.Join(engines, " "))
	}
	for _, other := range []struct{ flag, name string }{{"--key", o.key}, {"--rules", o.rulesFile}} {
		if o.batch == "-" && other.name == "-" {
			return usagef("%s and --batch cannot both read standard input", other.flag)
		}
	}
	if err := checkFileName("--batch", o.batch); err != nil {
		return err
	}
	if set("output") {
		return checkFileName("--output", o.output)
	}
	return nil
}

// runBatch mints a token for each line.
func (o *signOptions) runBatch(ctx context.Context, env *environment, key *signer.Key, defaults streamtoken.Claims) error {
	s, engine, err := env.bulkSigner(key, o.engine)
	if err != nil {
		return err
	}
	if err := o.checkDefaults(env, s, defaults); err != nil {
		return err
	}
	in, size, closeInput, err := env.openBatch(o.batch)
	if err != nil {
		return err
	}
	defer closeInput()
	out, finish, err := env.openOutput(o.output)
	if err != nil {
		return err
	}
	printNote(env.stderr, "engine: "+engine)
	for _, f := range accessrules.Lint(defaults.AccessRules) {
		printHint(env.stderr, describeFinding(f))
	}
	b := &batch{mint: s, in: in, defaults: defaults, out: out, stderr: env.stderr}
	if isTerminal(env.stderr) && (out.file != nil || !isTerminal(env.stdout)) { // tokens would run through it
		b.progress = newProgressLine(env.stderr, time.Now, size)
	}
	start := time.Now()
	skipped, err := b.run(ctx)
	lost := finish()
	name, _ := s.Engine()
	b.summarize(name, skipped, time.Since(start))
	if lost != nil { // then no line is known to be done
		return lost
	}
	return o.batchError(b, err)
}

// checkDefaults refuses, before any line is read, what every line that does not say otherwise would be refused for.
func (o *signOptions) checkDefaults(env *environment, s *signer.Signer, c streamtoken.Claims) error {
	c.Subject = "any"
	if c.Expires.IsZero() && !c.NotBefore.IsZero() {
		c.Expires = env.now().Add(streamtoken.MaxLifetime) // lines may have theirs
	}
	_, err := s.Resolve(c)
	return o.signHint(err)
}

// openBatch opens the input, and gives its size in bytes if it is a file, else 0.
func (env *environment) openBatch(name string) (in io.Reader, size int64, closeInput func() error, err error) {
	if name == "-" {
		if isTerminal(env.stdin) {
			printNote(env.stderr, "reading one id or JSON object a line from standard input")
		}
		return env.stdin, regularSize(env.stdin), func() error { return nil }, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, nil, fileError("read", "batch", name, err)
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		f.Close()
		return nil, 0, nil, fileError("read", "batch", name, errors.New("it is a directory"))
	}
	return f, regularSize(f), f.Close, nil
}

// regularSize is how much of a regular file is still to be read; 0 for anything else.
func regularSize(r io.Reader) int64 {
	f, ok := r.(*os.File)
	if !ok {
		return 0
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	at, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0
	}
	return max(0, info.Size()-at)
}

func (b *batch) summarize(engine string, skipped int64, took time.Duration) {
	text := fmt.Sprintf("%d minted, %d refused", b.minted(), b.refused)
	if skipped > 0 {
		text += fmt.Sprintf(", %d empty", skipped)
	}
	printNote(b.stderr, fmt.Sprintf("%s, in %s: %d a second with %s", text, took.Round(10*time.Millisecond), perSecond(b.minted(), took), engine))
	if b.long > 0 {
		printHint(b.stderr, fmt.Sprintf("in %d of the lines sub has more than %d characters; Stream's own identifiers have at most %[2]d", b.long, streamtoken.StreamSubjectBytes))
	}
	if b.doubtful > 0 {
		printHint(b.stderr, fmt.Sprintf("the access rules of %d of the lines may not do what was meant; the first is %s", b.doubtful, b.doubt))
	}
}

// batchError says how far a run came that ended early, and that lines were refused.
func (o *signOptions) batchError(b *batch, err error) error {
	switch {
	case err == nil && b.refused == 0:
		return nil
	case err == nil:
		return fmt.Errorf("lines refused: %d of %d", b.refused, b.refused+b.minted())
	case errors.Is(err, context.Canceled):
		err = fmt.Errorf("interrupted after line %d", b.out.done)
	}
	rest := fmt.Sprintf("tail -n +%d", b.out.done+1)
	if o.batch != "-" {
		rest += " " + shellWord(o.batch)
	}
	return withHint(err, fmt.Sprintf("every line up to %d is done; the rest is what this prints: %s", b.out.done, rest))
}

// shellWord writes the name of a file as a POSIX shell and a command that has options read it.
func shellWord(name string) string {
	if strings.HasPrefix(name, "-") {
		name = "./" + name
	}
	if strings.Trim(name, "/._-+,:@%0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}

func registerBatchFlags(cmd *cobra.Command, o *signOptions) {
	flags := cmd.Flags()
	flags.StringVar(&o.batch, "batch", "", "file of ids or requests, one a line")
	flags.StringVarP(&o.output, "output", "o", "", "file to write")
	flags.StringVar(&o.engine, "engine", engines[0], "what signs a batch")
	cmd.RegisterFlagCompletionFunc("engine", cobra.FixedCompletions(engines, cobra.ShellCompDirectiveNoFileComp))
}
