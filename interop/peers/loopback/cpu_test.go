package main

import (
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"
	"time"
)

func TestParseCPUs(t *testing.T) {
	for list, want := range map[string][]int{"0": {0}, "0-1": {0, 1}, "3,8-11": {3, 8}, "2-255": {2, 3}, "5,7,9": {5, 7}} {
		if got, err := parseCPUs(list); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", list, got, err)
		}
	}
	for _, list := range []string{"", "a", "1-", "-1"} {
		if _, err := parseCPUs(list); err == nil {
			t.Errorf("%q was taken", list)
		}
	}
}

// A server that does its work in a child must not seem to do none.
func TestCPUTimeCountsChildren(t *testing.T) {
	busy := exec.Command("sh", "-c", "(while :; do :; done) & wait")
	busy.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := busy.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = syscall.Kill(-busy.Process.Pid, syscall.SIGKILL)
		_ = busy.Wait()
	}()
	deadline := time.Now().Add(20 * time.Second)
	for {
		used, err := cpuTime(busy.Process.Pid)
		if err == nil && used >= 50*time.Millisecond {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%v, %v", used, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	// Nor in one that has ended by now.
	ended := exec.Command("sh", "-c", "(i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done); echo; read wait")
	out, err := ended.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := ended.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := ended.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if used, err := cpuTime(ended.Process.Pid); err != nil || used < 50*time.Millisecond {
		t.Errorf("%v, %v", used, err)
	}
	_ = in.Close()
	_ = ended.Wait() // read failed, as it should
	if _, err := cpuTime(-1); err == nil {
		t.Error("a process that does not exist has used none")
	}
	if _, err := cpuTime(os.Getpid()); err != nil {
		t.Error(err)
	}
}
