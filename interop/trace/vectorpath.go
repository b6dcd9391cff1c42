package trace

import (
	"errors"
	"fmt"
)

// leastProducts is fewer 512-bit multiplications than any calculation with the private key can do: two exponents of 1024 bits
// need a squaring for each bit, and that on 20 digits 210 products of digits and, for the reduction, 400, each in two halves.
const leastProducts = 2 * 1000 * 2 * (210 + 400)

// ErrNotVector: what was traced is not the vector path.
var ErrNotVector = errors.New("trace: not the vector path")

// VectorPath is nil if t shows a whole calculation with the private key in the vector assembly of internal/rsavec: its multiplications
// of 512 bits are there in number, and nothing of crypto/... or math/big ran. ErrNotVector otherwise.
func (t *Trace) VectorPath() error {
	products := 0
	for n, count := range t.counts() {
		i := t.program.insns[n]
		if count > 0 && i.foreign {
			return fmt.Errorf("%w: %s was executed", ErrNotVector, i.Symbol)
		}
		if i.madd && i.vector {
			products += count
		}
	}
	if products < leastProducts {
		return fmt.Errorf("%w: %d multiplications in its assembly, at least %d are needed", ErrNotVector, products, leastProducts)
	}
	return nil
}
