//go:build !unix

package vector_test

import "time"

var start = time.Now()

// processorTime is elapsed time where there is nothing better.
func processorTime() time.Duration { return time.Since(start) }
