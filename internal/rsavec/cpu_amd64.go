//go:build amd64 && !purego

package rsavec

import "golang.org/x/sys/cpu"

// supported is what the processor has. The package asks the operating system
// too (XGETBV): without it, wide registers would not survive a task switch.
var supported = cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW &&
	cpu.X86.HasAVX512VL && cpu.X86.HasAVX512IFMA
