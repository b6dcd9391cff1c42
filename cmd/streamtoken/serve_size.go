package main

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// defaultCacheSize is verifier.DefaultCacheBytes.
const defaultCacheSize = "16MiB"

var errSize = errors.New("not a size")

// parseSize reads a number of bytes: digits alone, or followed by B, KiB, MiB or GiB, as Go's own GOMEMLIMIT has it. MB and M are
// refused: one reads them as 1,000,000, another as 1,048,576.
func parseSize(s string) (int64, error) {
	unit := int64(1)
	for suffix, bytes := range map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30} {
		if digits, ok := strings.CutSuffix(s, suffix); ok {
			s, unit = digits, bytes
			break
		}
	}
	if unit == 1 {
		s = strings.TrimSuffix(s, "B")
	}
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil || int64(n) > math.MaxInt64/unit {
		return 0, errSize
	}
	return int64(n) * unit, nil
}

// cacheBytes turns --cache-bytes, which parseSize accepts, into the verifier's: its zero is the default, and negative is none.
func cacheBytes(size string) int64 {
	n, err := parseSize(size)
	if err != nil || n == 0 {
		return -1
	}
	return n
}
