//go:build integration && linux && amd64

package trace

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/streamtoken/streamtoken/internal/rsavec"
)

// childArg makes the test binary the process that is traced.
const childArg = "traced-child"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == childArg {
		if err := child(); err != nil {
			fmt.Fprintln(os.Stderr, "traced child:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// child runs, for each line "subject variant" that it reads, that subject between the marks, on one thread. Everything the
// variants of a subject work on lies at the same place: what differs is copied there beforehand.
func child() error {
	runtime.LockOSThread()
	debug.SetGCPercent(-1)
	grow(256)
	all, err := subjects()
	if err != nil {
		return err
	}
	fmt.Printf("%d %v\n", unix.Gettid(), rsavec.Supported())
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var name string
		var variant int
		if _, err := fmt.Sscanf(in.Text(), "%s %d", &name, &variant); err != nil {
			return err
		}
		s, ok := all[name]
		if !ok {
			return fmt.Errorf("no subject %q", name)
		}
		s.prepare(variant)
		runtime.Gosched() // gives the goroutine a new time slice
		s.run()
		fmt.Println(s.check(variant))
	}
	return in.Err()
}

// grow makes the stack larger than anything here needs, so that it does not move later.
//
//go:noinline
func grow(kilobytes int) {
	var space [1024]byte
	touch(space[:8])
	if kilobytes > 1 {
		grow(kilobytes - 1)
	}
}

//go:noinline
func touch(b []byte) {
	for i := range b {
		b[i] = byte(i)
	}
}

// A subject is something that is traced. check is "ok" if what it computed is right.
type subject struct {
	prepare func(variant int)
	run     func()
	check   func(variant int) string
}

func subjects() (map[string]subject, error) {
	all := controls()
	var errs [3]error
	all["sign"], errs[0] = signSubject()
	all["public"], errs[1] = publicSubject()
	all["crypto/rsa"], errs[2] = stdSubject()
	return all, errors.Join(errs[:]...)
}
