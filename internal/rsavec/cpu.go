package rsavec

// Supported reports whether the assembly runs here: amd64, not built with the
// tag purego, and a processor and operating system that have AVX-512 F, DQ,
// BW, VL and IFMA with the registers they need. Where it is false the portable
// twin computes the same numbers, slower than crypto/rsa would: it is there
// for tests, and callers use crypto/rsa instead.
func Supported() bool { return supported }
