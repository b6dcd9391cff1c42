package gen_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Each folder here is a program that prints FOLDER_amd64.s of internal/rsavec.
// What is checked in is what it prints, byte for byte: nobody has edited it.
func TestGeneratedFilesAreWhatTheirProgramsPrint(t *testing.T) {
	programs, err := filepath.Glob("*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, file := range programs {
		name := filepath.Dir(file)
		if seen[name] {
			continue
		}
		seen[name] = true
		t.Run(name, func(t *testing.T) {
			checkedIn, err := os.ReadFile(filepath.Join("..", "..", "internal", "rsavec", name+"_amd64.s"))
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("go", "run", "./"+name)
			cmd.Stderr = os.Stderr
			printed, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(printed, checkedIn) {
				t.Errorf("go run ./%s prints %d bytes that are not those of internal/rsavec/%s_amd64.s", name, len(printed), name)
			}
		})
	}
	if !seen["lanes"] {
		t.Error("the programs are not where this test looks for them")
	}
}
