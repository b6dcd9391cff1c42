// Package rsavec raises numbers to RSA exponents with the vector unit: eight
// private-key operations at once, or one public-key operation.
package rsavec

const (
	// Lanes is how many private-key operations are computed at once.
	Lanes = 8
	// Size is the length in bytes of the only modulus there is, 2048 bits.
	Size = 256
)
