//go:build linux && amd64

package trace

// Begin marks where a trace begins: the calling thread stops there for the tracer. Without a tracer the process dies.
func Begin()

// End marks where it ends.
func End()
