//go:build purego

package rsavec

const purego = true
