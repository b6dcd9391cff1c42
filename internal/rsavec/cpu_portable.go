//go:build !amd64 || purego

package rsavec

const supported = false
