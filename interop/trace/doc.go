// Package trace shows that the calculation with a private key in internal/rsavec is constant time, as far as a trace of its
// instructions can: the sequence of instructions and of all addresses of data that it reads or writes is the same for every key and
// every number to sign. It follows one thread of a child process with ptrace; Linux on amd64 with AVX-512 IFMA, and binutils for a
// test of the decoder. (valgrind, with which such checks are often made, hides AVX-512 from what runs in it, and would judge another path.)
//
// # How
//
// The child, the test binary itself, copies each key and its numbers to the same place in memory and signs between the marks Begin and End.
// Between them no other thread of it runs, there is no garbage collection, and a trace into which the Go scheduler comes is taken again. For
// each instruction a Trace holds its address and that of every memory operand, with the count of a string instruction and the opmask of a
// masked operand; two traces are compared number by number, not by a hash. An instruction is refused, wherever it
// occurs, unless it is known to this package: those known are, to the best of our knowledge, on Intel's list "Data Operand Independent Timing Instructions", or steer control, or
// move memory in a way that the trace shows. So division, floating point, gather and scatter, locks and system calls are refused,
// and whatever the decoder does not know.
//
// A stop costs some ten microseconds, so the thread does not stop at every instruction: see Tracer.EachStep, and why the trace is the same.
//
// # What is shown
//
// For the keys and numbers of the tests, which are chosen to be unlike (exponents almost all zeros and almost all ones, either prime the
// larger, numbers such as 0, 1, n-1 and multiples of one prime), everything between the call of Private.Sign and its return, the check with the
// public exponent and the wiping included, executes one sequence of instructions on one sequence of addresses; and what was executed
// is the vector assembly, counted by its multiplications. Functions with one known fault each show that the tracer sees it: a branch, an early exit, an
// index, a division, a gather, a masked load, a count. A build without the assembly, and a processor without AVX-512 IFMA, fail the test:
// there nothing can be shown.
//
// # What is not shown
//
//   - Other keys and numbers: a trace is of the values it was taken with. That no branch or address depends on a secret follows from the code; the
//     trace is a check of that, which includes what compiler and runtime made of it.
//   - NewPrivate and Wipe, the encoding of digests, the reading of key files.
//   - What the caller does with a lane that failed the check with the public exponent. (The check itself is among what is traced, with such a lane, too.)
//   - What the processor does by itself: speculation, prefetching, caches shared with others (same addresses leave the same traces in
//     them, whoever looks), frequency, power, faults, and the time of a single instruction beyond what its maker says of it.
//   - That maker's word has conditions. Since Ice Lake Intel's list holds for the mode DOITM of IA32_UARCH_MISC_CTL, which only an operating
//     system can set, and none of this sets it. And VPMADD52LUQ and VPMADD52HUQ are among the instructions of "MXCSR Configuration Dependent
//     Timing": on processors that do not report MCDT_NO (CPUID 7.2, EDX bit 5) they may retire up to one cycle later for certain operands
//     unless MXCSR is 0x1FBF, and a process begins with 0x1F80. The routines set what is missing; TestSteady looks whether they do, and
//     TestSign logs what the processor reports.
//   - Other processors, other versions of the Go compiler (part of the path is Go code; the log names the version), other operating systems.
package trace
