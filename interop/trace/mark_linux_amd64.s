#include "textflag.h"

// func Begin()
TEXT ·Begin(SB), NOSPLIT, $0-0
	BYTE $0xCC // INT3
	RET

// func End()
TEXT ·End(SB), NOSPLIT, $0-0
	BYTE $0xCC // INT3
	RET
