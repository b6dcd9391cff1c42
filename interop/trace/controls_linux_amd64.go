package trace

//go:noescape
func maskedLoad(p *[64]byte, mask uint64)

//go:noescape
func gather(p *[64]byte, index uint64)

//go:noescape
func repeated(dst, src *[64]byte, n uint64)
