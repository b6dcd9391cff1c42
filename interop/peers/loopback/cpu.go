package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of /proc/PID/stat: USER_HZ, which Linux has fixed at 100 for programs on every architecture Go runs on.
const tick = 10 * time.Millisecond

// cpuTime is what a process, its children and those it has waited for have used, in user and in kernel mode.
func cpuTime(pid int) (time.Duration, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The command's name stands in parentheses and may hold anything; the state, field 3, follows it (proc(5)).
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	if len(fields) < 15 {
		return 0, fmt.Errorf("/proc/%d/stat: too short", pid)
	}
	var total time.Duration
	for _, f := range fields[11:15] { // utime, stime, cutime, cstime
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		total += time.Duration(n) * tick
	}
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return 0, err
	}
	for _, list := range lists {
		data, err := os.ReadFile(list)
		if err != nil {
			return 0, err
		}
		for _, child := range strings.Fields(string(data)) {
			n, err := strconv.Atoi(child)
			if err != nil {
				return 0, err
			}
			t, err := cpuTime(n)
			if err != nil {
				return 0, err
			}
			total += t
		}
	}
	return total, nil
}

// busyTime is what a CPU has done since the machine started, for anybody, with what the hypervisor kept from it.
func busyTime(cpu int) (time.Duration, error) {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	name := "cpu" + strconv.Itoa(cpu)
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) < 9 || fields[0] != name {
			continue
		}
		var total time.Duration
		for _, i := range []int{1, 2, 3, 6, 7, 8} { // user, nice, system, irq, softirq, steal
			n, err := strconv.ParseInt(fields[i], 10, 64)
			if err != nil {
				return 0, err
			}
			total += time.Duration(n) * tick
		}
		return total, nil
	}
	return 0, fmt.Errorf("/proc/stat: no %s", name)
}

// twoCPUs gives the first two CPUs this process may run on: one for the server, one for the load.
func twoCPUs() (serve, load int, err error) {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, 0, err
	}
	_, list, _ := strings.Cut(string(data), "Cpus_allowed_list:")
	list, _, _ = strings.Cut(list, "\n")
	cpus, err := parseCPUs(strings.TrimSpace(list))
	if err != nil {
		return 0, 0, err
	}
	if len(cpus) < 2 {
		return 0, 0, errors.New("only one CPU to run on: the server and the load tool need one each")
	}
	return cpus[0], cpus[1], nil
}

// parseCPUs gives the first two of a list such as 0-3,8.
func parseCPUs(list string) ([]int, error) {
	var cpus []int
	for part := range strings.SplitSeq(list, ",") {
		from, to, ranged := strings.Cut(part, "-")
		if !ranged {
			to = from
		}
		lo, err := strconv.Atoi(from)
		if err != nil {
			return nil, err
		}
		hi, err := strconv.Atoi(to)
		if err != nil {
			return nil, err
		}
		for n := lo; n <= hi && len(cpus) < 2; n++ {
			cpus = append(cpus, n)
		}
	}
	return cpus, nil
}
