package trace

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// maxSteps bounds a trace: some ten times what a calculation with the private key needs.
const maxSteps = 60_000_000

// ErrPreempted: the Go scheduler or a growing stack came between, so the trace is not one of the code alone. Take it again.
var ErrPreempted = errors.New("trace: the goroutine was preempted or its stack grew")

// A Tracer takes traces of one thread of a process that runs the same executable at the same addresses. All its calls must come from
// one thread (runtime.LockOSThread): the kernel ties tracing to it.
type Tracer struct {
	// EachStep makes the thread stop before every instruction: six million times, 15 microseconds each, for one calculation with the
	// private key. Otherwise it runs to the end of each stretch that it can leave nowhere else, and the addresses in it are computed
	// from the registers before it. Each stretch is taken step by step when it is first met, and the addresses compared with those
	// computed; each time after, the registers at its end are. The trace is the same.
	EachStep bool
	// Limit, if not 0, ends a trace after so many instructions.
	Limit int

	thread  thread
	pid     int
	others  map[int]thread
	memory  *os.File
	program *program
}

// Attach begins to trace thread tid of process pid, a child of this process. Close ends it.
func Attach(pid, tid int) (*Tracer, error) {
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		return nil, err
	}
	t := &Tracer{pid: pid, others: map[int]thread{}, memory: memory}
	t.program = newProgram(func(pc uint64, code []byte) (int, error) { return memory.ReadAt(code, int64(pc)) })
	if t.thread, err = seize(tid); err != nil {
		return nil, errors.Join(err, memory.Close())
	}
	return t, t.share()
}

// share makes tracer and traced take turns on one processor: waking another one up at every stop doubles the time.
func (t *Tracer) share() error {
	var set, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return err
	}
	for cpu := range len(set) * bits.UintSize {
		if set.IsSet(cpu) {
			one.Zero()
			one.Set(cpu) // the last of them: the first is where most interrupts go
		}
	}
	return errors.Join(unix.SchedSetaffinity(0, &one), unix.SchedSetaffinity(t.thread.tid, &one))
}

// Close takes note of the end of the threads, whose process must have been killed before, and gives back the files.
func (t *Tracer) Close() error {
	for _, other := range t.others { // first: a process has not ended before its threads have
		other.end()
	}
	t.thread.end()
	return t.memory.Close()
}

// Trace waits until the thread comes to Begin, stops all other threads of its process, follows it to End, and lets all run again.
// ErrPreempted: as said there; then, and after Limit, the thread has run on to End without being followed.
func (t *Tracer) Trace() (*Trace, error) {
	if err := t.thread.await(); err != nil {
		return nil, err
	}
	// No other thread runs from here on: the scheduler's monitor cannot ask for preemption, and nothing else moves memory.
	if err := t.freeze(); err != nil {
		return nil, err
	}
	trace := &Trace{program: t.program}
	err := t.follow(trace)
	if err != nil && !errors.Is(err, ErrPreempted) {
		return nil, err
	}
	for _, err := range []error{t.thaw(), t.thread.resume(), t.thread.await(), t.thread.resume()} {
		if err != nil {
			return nil, err
		}
	}
	return trace, err
}

func (t *Tracer) follow(trace *Trace) error {
	var regs Regs
	pc, err := t.thread.registers(&regs)
	for err == nil {
		var r *run
		if r, err = t.program.from(pc); err != nil {
			return err
		}
		first := t.program.insns[r.insns[0]]
		switch {
		case first.end, t.Limit > 0 && len(trace.steps) >= t.Limit:
			return nil
		case first.noise:
			return ErrPreempted
		case len(trace.steps) >= maxSteps:
			return fmt.Errorf("no end after %d instructions, at %s", maxSteps, first.Symbol)
		}
		trace.Stops++
		switch {
		case len(r.insns) == 1, t.EachStep:
			pc, err = t.one(trace, r.insns[0], &regs)
		case !r.checked:
			pc, err = t.check(trace, r, &regs)
		default:
			pc, err = t.stretch(trace, r, &regs)
		}
	}
	return err
}

// one executes one instruction.
func (t *Tracer) one(trace *Trace, n uint32, regs *Regs) (uint64, error) {
	var mask uint64
	if i := t.program.insns[n]; i.masked {
		var err error
		if mask, err = t.thread.opmask(i.mask); err != nil {
			return 0, err
		}
	}
	trace.add(n, regs, mask)
	if err := t.thread.step(); err != nil {
		return 0, err
	}
	return t.thread.registers(regs)
}

// check executes r step by step, and compares what is executed and touched with what stretch would have computed.
func (t *Tracer) check(trace *Trace, r *run, regs *Regs) (pc uint64, err error) {
	computed := Trace{program: t.program}
	expected := *regs
	for k, n := range r.insns {
		i := t.program.insns[n]
		computed.add(n, &expected, 0)
		from := len(trace.words)
		if pc, err = t.one(trace, n, regs); err != nil {
			return 0, err
		}
		for _, e := range i.effects {
			e.apply(&expected)
		}
		next := r.next
		if k+1 < len(r.insns) {
			next = t.program.insns[r.insns[k+1]].PC
		}
		if pc != next {
			return 0, fmt.Errorf("after %s at %s came %#x instead of %#x", i.Name, i.Symbol, pc, next)
		}
		if touched := trace.words[from:]; !slices.Equal(touched, computed.words[len(computed.words)-len(touched):]) {
			return 0, fmt.Errorf("%s at %s touched %#x, not what was computed", i.Name, i.Symbol, touched)
		}
	}
	r.checked = true
	return pc, r.agrees(&expected, regs)
}

// stretch executes r up to a breakpoint that it puts behind it.
func (t *Tracer) stretch(trace *Trace, r *run, regs *Regs) (uint64, error) {
	for _, n := range r.insns {
		trace.add(n, regs, 0)
		for _, e := range t.program.insns[n].effects {
			e.apply(regs)
		}
	}
	after := *regs
	if err := t.runTo(r.next); err != nil {
		return 0, err
	}
	pc, err := t.thread.registers(regs)
	if err != nil {
		return 0, err
	}
	if pc != r.next+1 {
		return 0, fmt.Errorf("stopped at %#x instead of %#x, after %s", pc, r.next, t.program.insns[r.insns[0]].Symbol)
	}
	if err := r.agrees(&after, regs); err != nil {
		return 0, err
	}
	return r.next, t.thread.setPC(r.next)
}

func (t *Tracer) runTo(pc uint64) error {
	var code [8]byte
	if _, err := t.memory.ReadAt(code[:], int64(pc)); err != nil {
		return err
	}
	word := binary.LittleEndian.Uint64(code[:])
	if err := t.thread.poke(pc, word&^0xff|0xcc); err != nil {
		return err
	}
	if err := t.thread.resume(); err != nil {
		return err
	}
	if err := t.thread.trap(); err != nil {
		return err
	}
	return t.thread.poke(pc, word)
}

// freeze stops every other thread of the process, those too that begin meanwhile.
func (t *Tracer) freeze() error {
	for {
		entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", t.pid))
		if err != nil {
			return err
		}
		stopped := 0
		for _, e := range entries {
			tid, err := strconv.Atoi(e.Name())
			if err != nil {
				return err
			}
			if _, ok := t.others[tid]; ok || tid == t.thread.tid {
				continue
			}
			if t.others[tid], err = seize(tid); err != nil {
				return err
			}
			if err := t.others[tid].stop(); err != nil {
				return err
			}
			stopped++
		}
		if stopped == 0 {
			return nil
		}
	}
}

func (t *Tracer) thaw() error {
	var errs []error
	for tid, other := range t.others {
		errs = append(errs, other.release())
		delete(t.others, tid)
	}
	return errors.Join(errs...)
}
