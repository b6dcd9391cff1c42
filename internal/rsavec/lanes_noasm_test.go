//go:build !amd64 || purego

package rsavec

func laneRoutines() []routines { return []routines{twin} }
