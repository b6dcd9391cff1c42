//go:build integration

package control

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/streamtoken/streamtoken/internal/apitest"
)

func TestExamples(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "example")
	out, err := exec.Command("go", "build", "-o", binary, "./example").CombinedOutput()
	require.NoError(t, err, "%s", out)
	apitest.Examples(t, "replace", func(example, argument string) []string { return []string{binary, example, argument} })
}
