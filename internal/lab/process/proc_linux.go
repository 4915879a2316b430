package process

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// stat is the state letter and the start time (in clock ticks since boot) of a process; empty: there is none.
func stat(pid int) (state, began string) {
	f := fields("/proc/" + strconv.Itoa(pid) + "/stat")
	if f == nil {
		return "", ""
	}
	return f[0], f[19]
}

// fields is what follows the name in a stat file, from the state on; nil: it cannot be read.
func fields(path string) []string {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	// The second field is the program's name in parentheses, and may hold blanks and parentheses (proc_pid_stat(5)).
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(f) < 20 {
		return nil
	}
	return f
}

// atWork reports whether a thread of the group can still run: SIGSTOP reaches them one by one, each when its turn comes.
func atWork(group int) bool {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // its one error is a bad pattern
	for _, path := range stats {
		if f := fields(path); f == nil || f[2] != strconv.Itoa(group) {
			continue
		}
		threads, _ := filepath.Glob(filepath.Dir(path) + "/task/*/stat")
		for _, t := range threads {
			if f := fields(t); f != nil && !strings.Contains("TtZX", f[0]) {
				return true
			}
		}
	}
	return false
}

// startTime tells one use of a process number from the next; empty: there is no such process.
func startTime(pid int) string {
	_, began := stat(pid)
	return began
}

// running reports whether the process is there and not a zombie.
func running(pid int) bool {
	state, _ := stat(pid)
	return state != "" && state != "Z" && state != "X"
}

// marked lists the running processes that have the variable in their environment. Those of other users cannot be read.
func marked(variable string) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		env, err := os.ReadFile("/proc/" + e.Name() + "/environ")
		if err != nil {
			continue
		}
		for kv := range bytes.SplitSeq(env, []byte{0}) {
			if string(kv) == variable && running(pid) {
				pids = append(pids, pid)
				break
			}
		}
	}
	return pids
}
