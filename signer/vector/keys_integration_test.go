//go:build integration

package vector

import "testing"

// TestAThousandKeys compares more than a million signatures, for some minutes.
func TestAThousandKeys(t *testing.T) {
	if err := Available(); err != nil {
		t.Fatal(err)
	}
	sameBytes(t, 1000, 1024)
}
