// Package machine reads what a process and the whole machine have used, from Linux' /proc (proc(5)).
package machine

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Errors of this package. They are wrapped: compare with errors.Is.
var (
	ErrNoProcess = errors.New("no such process")
	ErrUnknown   = errors.New("this system does not tell what processes use")
)

// Process is what a process has used since it began, and what it holds.
type Process struct {
	CPU     time.Duration // in user and system mode, of all its threads
	Memory  int64         // bytes that are resident
	Threads int
}

// The kernel counts in ticks of 10 ms whatever its own clock is (USER_HZ).
const tick = 10 * time.Millisecond

// ReadProcess reads what a process has used.
func ReadProcess(pid int) (Process, error) {
	if !Known() {
		return Process{}, ErrUnknown
	}
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Process{}, fmt.Errorf("%w: %d", ErrNoProcess, pid)
	}
	return parseProcess(string(raw), int64(os.Getpagesize()))
}

// parseProcess reads /proc/PID/stat. The name, in parentheses, may hold anything.
func parseProcess(stat string, page int64) (p Process, err error) {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 22 {
		return p, fmt.Errorf("%w: /proc/PID/stat has %d fields", ErrUnknown, len(fields))
	}
	number := func(i int) int64 { // i as proc(5) counts, less the two fields up to the name
		n, parseErr := strconv.ParseInt(fields[i-3], 10, 64)
		err = errors.Join(err, parseErr)
		return n
	}
	p.CPU = time.Duration(number(14)+number(15)) * tick
	p.Threads, p.Memory = int(number(20)), number(24)*page
	return p, err
}

// Processors is what the processors of the machine have done since it started, in ticks.
type Processors struct{ idle, stolen, all float64 }

// ReadProcessors reads what the processors have done; zero where it is not known.
func ReadProcessors() Processors {
	raw, err := os.ReadFile("/proc/stat")
	if err != nil {
		return Processors{}
	}
	return parseProcessors(string(raw))
}

// parseProcessors reads the first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal; what follows is part of the
// first two.
func parseProcessors(stat string) (p Processors) {
	line, _, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(line)
	for i := 1; i < len(fields) && i <= 8; i++ {
		n, _ := strconv.ParseFloat(fields[i], 64) // the kernel writes numbers
		p.all += n
		switch i {
		case 4, 5:
			p.idle += n
		case 8:
			p.stolen = n
		}
	}
	return p
}

// Since is what the processors have done since before, in percent of their time: nothing, and the work of other virtual machines.
func (p Processors) Since(before Processors) (idle, stolen float64) {
	all := p.all - before.all
	if all <= 0 {
		return 0, 0
	}
	return 100 * (p.idle - before.idle) / all, 100 * (p.stolen - before.stolen) / all
}

// Known tells whether the system tells what processes use.
func Known() bool {
	_, err := os.Stat("/proc/self/stat")
	return err == nil
}
