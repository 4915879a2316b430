package watch

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// groupUsages reads /proc. A process that ends meanwhile counts with what was seen of it.
func groupUsages(groups map[int]bool) map[int]usage {
	out := map[int]usage{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // its one error is a bad pattern
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		// The second field is the program's name in parentheses, and may hold blanks and parentheses (proc_pid_stat(5)):
		// after it come the state, the parent and the group, and as the eighteenth the number of threads.
		f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		if len(f) < 18 || f[0] == "Z" {
			continue
		}
		group, err := strconv.Atoi(f[2])
		if err != nil || !groups[group] {
			continue
		}
		dir := filepath.Dir(path)
		statm, err := os.ReadFile(dir + "/statm")
		open, errOpen := os.ReadDir(dir + "/fd")
		size := strings.Fields(string(statm))
		if err != nil || errOpen != nil || len(size) < 2 {
			continue
		}
		pages, err := strconv.ParseInt(size[1], 10, 64)
		if err != nil {
			continue
		}
		threads, err := strconv.Atoi(f[17])
		if err != nil {
			continue
		}
		u := out[group]
		u.threads += threads
		u.descriptors += len(open)
		u.resident += pages * int64(os.Getpagesize())
		u.cpu += max(ticks(f[11:15]), threadTimes(dir))
		out[group] = u
	}
	return out
}

// tick is the unit of times in /proc/PID/stat, the same on every machine that Go runs on (USER_HZ).
const tick = 10 * time.Millisecond

// ticks is the sum of times in /proc/PID/stat.
func ticks(fields []string) (sum time.Duration) {
	for _, f := range fields {
		n, _ := strconv.ParseInt(f, 10, 64) // digits
		sum += time.Duration(n) * tick
	}
	return sum
}

// threadTimes are what the threads of a process have used, to the nanosecond; without those that have ended.
func threadTimes(dir string) (sum time.Duration) {
	all, _ := filepath.Glob(dir + "/task/[0-9]*/schedstat") // its one error is a bad pattern
	for _, path := range all {
		b, _ := os.ReadFile(path) // one that has ended
		if f := strings.Fields(string(b)); len(f) > 0 {
			n, _ := strconv.ParseInt(f[0], 10, 64) // digits
			sum += time.Duration(n)
		}
	}
	return sum
}
