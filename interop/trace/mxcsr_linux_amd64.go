package trace

// mxcsr gives the control and status of floating point of the calling thread.
func mxcsr() (flags uint32)

// setMXCSR sets them.
func setMXCSR(flags uint32)
