package trace

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A thread is one stopped or running thread of another process, traced by the calling thread.
type thread struct{ tid int }

func ptrace(request, tid int, addr, data uintptr) error {
	if _, _, e := unix.RawSyscall6(unix.SYS_PTRACE, uintptr(request), uintptr(tid), addr, data, 0, 0); e != 0 {
		return fmt.Errorf("ptrace %#x of thread %d: %w", request, tid, e)
	}
	return nil
}

// seize begins to trace the thread, which goes on running. It dies with the tracer if it is still traced then.
func seize(tid int) (thread, error) {
	return thread{tid}, ptrace(unix.PTRACE_SEIZE, tid, 0, unix.PTRACE_O_EXITKILL)
}

// wait is the next change of state. RawSyscall, here as in ptrace: it is called millions of times, for microseconds each.
func (t thread) wait() (unix.WaitStatus, error) {
	var status uint32
	for {
		_, _, e := unix.RawSyscall6(unix.SYS_WAIT4, uintptr(t.tid), uintptr(unsafe.Pointer(&status)), unix.WALL, 0, 0, 0)
		switch {
		case e == unix.EINTR:
		case e != 0:
			return 0, fmt.Errorf("wait4 of thread %d: %w", t.tid, e)
		default:
			return unix.WaitStatus(status), nil
		}
	}
}

// trap waits for the stop that a step or a breakpoint leads to: anything else, such as a signal, is an error.
func (t thread) trap() error {
	status, err := t.wait()
	if err != nil {
		return err
	}
	if !status.Stopped() || status.StopSignal() != unix.SIGTRAP || status>>16 != 0 {
		return fmt.Errorf("thread %d: status %#x where a step or a breakpoint was awaited", t.tid, uint32(status))
	}
	return nil
}

func (t thread) resume() error { return ptrace(unix.PTRACE_CONT, t.tid, 0, 0) }

// await lets signals pass until the thread comes to a breakpoint.
func (t thread) await() error {
	for {
		status, err := t.wait()
		switch {
		case err != nil:
			return err
		case !status.Stopped():
			return fmt.Errorf("thread %d ended: status %#x", t.tid, uint32(status))
		}
		signal := status.StopSignal()
		if status>>16 == 0 && signal == unix.SIGTRAP {
			return nil
		}
		if status>>16 != 0 {
			signal = 0 // a stop of ptrace's own
		}
		if err := ptrace(unix.PTRACE_CONT, t.tid, 0, uintptr(signal)); err != nil {
			return err
		}
	}
}

// stop stops a running thread wherever it is.
func (t thread) stop() error {
	if err := ptrace(unix.PTRACE_INTERRUPT, t.tid, 0, 0); err != nil {
		return err
	}
	for {
		status, err := t.wait()
		if err != nil {
			return err
		}
		if status.Stopped() && status>>16 == unix.PTRACE_EVENT_STOP {
			return nil
		}
		if !status.Stopped() {
			return fmt.Errorf("thread %d ended: status %#x", t.tid, uint32(status))
		}
		if err := ptrace(unix.PTRACE_CONT, t.tid, 0, uintptr(status.StopSignal())); err != nil {
			return err
		}
	}
}

// release lets a stopped thread run and no longer traces it.
func (t thread) release() error { return ptrace(unix.PTRACE_DETACH, t.tid, 0, 0) }

func (t thread) step() error {
	if err := ptrace(unix.PTRACE_SINGLESTEP, t.tid, 0, 0); err != nil {
		return err
	}
	return t.trap()
}

// end waits for the end of a thread that was killed.
func (t thread) end() {
	for {
		if status, err := t.wait(); err != nil || !status.Stopped() {
			return
		}
	}
}

// registers gives the instruction pointer, and sets r.
func (t thread) registers(r *Regs) (uint64, error) {
	var u unix.PtraceRegs
	err := ptrace(unix.PTRACE_GETREGS, t.tid, 0, uintptr(unsafe.Pointer(&u)))
	*r = Regs{u.Rax, u.Rcx, u.Rdx, u.Rbx, u.Rsp, u.Rbp, u.Rsi, u.Rdi, u.R8, u.R9, u.R10, u.R11, u.R12, u.R13, u.R14, u.R15, u.Fs_base, u.Gs_base}
	return u.Rip, err
}

func (t thread) setPC(pc uint64) error {
	return ptrace(unix.PTRACE_POKEUSR, t.tid, unsafe.Offsetof(unix.PtraceRegs{}.Rip), uintptr(pc))
}

func (t thread) poke(addr, word uint64) error {
	return ptrace(unix.PTRACE_POKETEXT, t.tid, uintptr(addr), uintptr(word))
}

// The opmask registers' place in an XSAVE area is what CPUID leaf 0xD, sub-leaf 5, says; the kernel hands out this layout.
const ntX86XState = 0x202

// opmask is the value of the register k1 to k7.
func (t thread) opmask(k uint8) (uint64, error) {
	size, offset, _, _ := cpuid(0xd, 5)
	if size != 64 {
		return 0, fmt.Errorf("opmask registers of %d bytes", size)
	}
	area := make([]byte, 16<<10)
	iov := unix.Iovec{Base: &area[0]}
	iov.SetLen(len(area))
	if err := ptrace(unix.PTRACE_GETREGSET, t.tid, ntX86XState, uintptr(unsafe.Pointer(&iov))); err != nil {
		return 0, err
	}
	if iov.Len < uint64(offset+size) {
		return 0, fmt.Errorf("%d bytes of extended state", iov.Len)
	}
	// A component that is in its initial state, all zero, is not written.
	if binary.LittleEndian.Uint64(area[512:])&(1<<5) == 0 {
		return 0, nil
	}
	return binary.LittleEndian.Uint64(area[offset+8*uint32(k):]), nil
}

// cpuid gives EAX, EBX, ECX, EDX.
func cpuid(leaf, subleaf uint32) (a, b, c, d uint32)
