//go:build !purego

package vector

const purego = false
