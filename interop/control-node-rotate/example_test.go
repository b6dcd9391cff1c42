//go:build integration

package control

import (
	"path/filepath"
	"testing"

	"github.com/streamtoken/streamtoken/internal/apitest"
)

func TestExamples(t *testing.T) {
	apitest.Examples(t, "rotate", func(example, argument string) []string {
		return []string{"node", filepath.Join("example", example+".mjs"), argument}
	})
}
