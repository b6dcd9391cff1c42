package bench

import (
	"bufio"
	"io"
	"os"
	"runtime"
	"strings"
)

// Machine is where the figures were measured.
type Machine struct {
	CPU  string `json:"cpu"` // the model as the system names it, "" when it does not
	OS   string `json:"os"`
	Arch string `json:"arch"`
	Go   string `json:"go_version"`
}

func thisMachine() Machine {
	return Machine{CPU: cpuModel(), OS: runtime.GOOS, Arch: runtime.GOARCH, Go: runtime.Version()}
}

// cpuModel reads Linux's list of processors; elsewhere there is none.
func cpuModel() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	defer f.Close()
	return modelIn(io.LimitReader(f, 64<<10))
}

func modelIn(r io.Reader) string {
	for lines := bufio.NewScanner(r); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ":")
		// "Model" alone is what some ARM boards have.
		if name = strings.TrimSpace(name); name == "model name" || name == "Model" {
			return strings.Join(strings.Fields(value), " ")
		}
	}
	return ""
}
