//go:build purego

package vector

const purego = true
