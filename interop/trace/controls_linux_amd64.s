#include "textflag.h"

// What the tracer must object to and no compiler writes.

// func maskedLoad(p *[64]byte, mask uint64)
TEXT ·maskedLoad(SB), NOSPLIT, $0-16
	MOVQ p+0(FP), SI
	MOVQ mask+8(FP), AX
	KMOVQ AX, K1
	VMOVDQU64 (SI), K1, Z0
	VZEROUPPER
	RET

// func gather(p *[64]byte, index uint64)
TEXT ·gather(SB), NOSPLIT, $0-16
	MOVQ p+0(FP), SI
	MOVQ index+8(FP), AX
	VPBROADCASTQ AX, Z1
	KXNORB K1, K1, K1
	VPGATHERQQ (SI)(Z1*8), K1, Z0
	VZEROUPPER
	RET

// func repeated(dst, src *[64]byte, n uint64)
TEXT ·repeated(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	REP
	MOVSB
	RET
