package rsavec

import (
	"errors"
	"fmt"
	"runtime"
)

// Supported reports whether the assembly runs here: amd64, not built with the
// tag purego, and a processor and operating system that have AVX-512 F, DQ,
// BW, VL and IFMA with the registers they need. Where it is false the portable
// twin computes the same numbers, slower than crypto/rsa would: it is there
// for tests, and callers use crypto/rsa instead.
func Supported() bool { return supported }

// Unsupported is nil where Supported is true, and elsewhere says why it is not.
func Unsupported() error {
	switch {
	case supported:
		return nil
	case purego:
		return errors.New("the program was built with the tag purego")
	case runtime.GOARCH != "amd64":
		return fmt.Errorf("there is no assembly for %s", runtime.GOARCH)
	}
	return errors.New("the processor or the operating system has no AVX-512 IFMA")
}
