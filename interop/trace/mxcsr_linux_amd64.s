#include "textflag.h"

// func mxcsr() (flags uint32)
TEXT ·mxcsr(SB), NOSPLIT, $0-4
	STMXCSR flags+0(FP)
	RET

// func setMXCSR(flags uint32)
TEXT ·setMXCSR(SB), NOSPLIT, $0-4
	LDMXCSR flags+0(FP)
	RET
