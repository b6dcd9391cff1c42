// Package rsavec raises numbers to RSA exponents with the vector unit: eight
// numbers to the private exponent at once (Private), or one to the public
// exponent (Public). It knows numbers alone, and the one that stands for a
// SHA-256 digest (Encode): no encoding of keys, no second way when it cannot. Where Supported is false it computes the same
// by a portable twin of each routine, which is slow.
//
// The rest of this page is about Private; Public handles nothing secret.
//
// # Numbers
//
// A number is limbs of 52 bits, because VPMADD52LUQ and VPMADD52HUQ multiply
// 52-bit integers and add one half of the product to a 64-bit sum. The same
// limb of eight numbers is a row of eight words, one register. Sums, columns,
// are carried only at the end of a multiplication: a column takes the halves
// of at most 40 products of the factors, 40 of the reduction, and a carry,
// less than 81 times 2^52, and so less than 2^59. Those of a product of 40
// limbs take at most 280, less than 2^61.
//
// Carrying leaves in a limb what it has carried on, above bit 52. As an
// operand, only the lower 52 bits count; the routines that read a number in
// another way mask it first.
//
// # Multiplication
//
// This is the almost Montgomery multiplication of Gueron and Krasnov
// (Software implementation of modular exponentiation, using advanced vector
// instructions architectures, 2012): R = 2^1040 is so much larger than n that
// results need no final subtraction. The reduction differs. Let c be -1/n
// modulo 2^104 and fold = (n*c + 1)/2^104, which is at most n. Then for the
// lowest 104 bits m of T
//
//	(T - m)/2^104 + m*fold = (T + m*n*c)/2^104
//
// which is T/2^104 modulo n, and m is two limbs of T as they stand. Nine such
// folds have added M*n*c, M < 2^936 and c < 2^104; the last 104 bits are taken
// by two ordinary steps, which add m*n*2^936 with m < 2^104. So
//
//	result < T/R + n*2^1040/R + n*2^1040/R = T/R + 2n
//
// and exactly at most T/R + 2n - n/2^103, as M and m are at most 2^936 - 1 and
// 2^104 - 1: if T < R, below 2n.
//
// For factors up to 6n, as 36*n*n/R < n/1000, it is below 2n + n/1000: results
// are factors again, without limit. The exponentiation begins with a sum of
// two results of factors R and n, each below 3n. It ends with a product with
// 1, where T < R, and one subtraction of n under a mask.
//
// # Constant time
//
// No branch and no address depends on a key, a number to be signed or a
// result, from NewPrivate's return on:
//
//   - The routines in assembly, and their twins, are loops of constant counts
//     over constant offsets. They add, multiply, shift and mask. (Intel says
//     which instructions take the same time for all operands, on some
//     processors only in a mode that the operating system sets, DOITM; nothing
//     here sets it, nor does Go. Of VPMADD52 it says so for MXCSR = 0x1FBF on
//     processors without MCDT_NO: the routines set the exception flags that
//     are missing to that, once in a thread, and do not clear them.)
//   - The exponents are cut into four-bit digits of fixed number, stored in the
//     key. Every digit costs four squarings, a choice and a product, zero too.
//   - A choice from the table of sixteen powers loads all of every entry, in
//     the same order, and masks. All eight numbers have the same exponent.
//   - The numbers modulo p and q are those of Montgomery products of their
//     halves with R^2 and R^3, not divisions; the two results are joined by
//     products, carries and masked subtractions (Garner's formula).
//   - Bytes become limbs and limbs bytes by loads, shifts and stores at fixed
//     places.
//   - The check raises the result to 65537 and compares all limbs; a lane that
//     fails is zeroed by a mask. Only the answer, good, is public.
//
// The exception is NewPrivate, once for each key: it uses math/big.
//
// # Faults
//
// One wrong result modulo one prime and a right one modulo the other tell the
// factors of n (Boneh, DeMillo and Lipton 1997). So no result leaves before
// its 65537th power modulo n, computed from constants that hold neither prime,
// is the number asked for, read anew. A fault later than that, in the writing of the
// result, gives a wrong number that is no such result: bytes of the right one,
// changed.
//
// # What is left in memory
//
// Sign clears its Scratch and the vector registers. What the Go compiler puts
// on the stack in between (a row of borrows, single limbs), and what the
// operating system or the scheduler saves of registers when it interrupts,
// is not cleared, as nothing in Go can. math/big in NewPrivate leaves copies
// of the key's numbers to the garbage collector; the key they came from is in
// memory anyway.
package rsavec

const (
	// Lanes is how many private-key operations are computed at once.
	Lanes = 8
	// Size is the length in bytes of the only modulus there is, 2048 bits.
	Size = 256
)
