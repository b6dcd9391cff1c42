package api_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestMain asks, after all tests, whether each described call was made with success. A part of the tests, which a flag
// chose, is not asked.
func TestMain(m *testing.M) {
	code := m.Run()
	for _, name := range []string{"test.run", "test.fuzz", "test.list", "test.skip"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			os.Exit(code)
		}
	}
	if code == 0 {
		for path, item := range described.load()["paths"].(map[string]any) {
			for name, op := range item.(map[string]any) {
				for status := range asMap(asMap(op)["responses"]) {
					call := strings.ToUpper(name) + " " + path + " " + status
					if strings.HasPrefix(status, "2") && !described.seen[call] {
						fmt.Println("no test has seen", call)
						code = 1
					}
				}
			}
		}
	}
	os.Exit(code)
}
