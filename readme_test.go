package streamtoken_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// The Go block of the README is code that compiles and runs: the function protect of the examples, to the letter.
func TestReadmeCodeIsTheExample(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	if len(blocks) != 1 {
		t.Fatalf("README has %d Go blocks, want 1", len(blocks))
	}
	if code := blocks[0][1]; !strings.Contains(string(example), code) {
		t.Errorf("README shows code that example_test.go does not have:\n%s", code)
	}
}
