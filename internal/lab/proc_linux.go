package lab

import (
	"bytes"
	"os"
	"strconv"
	"strings"
)

// stat is the state letter and the start time (in clock ticks since boot) of a process; empty: there is none.
func stat(pid int) (state, began string) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", ""
	}
	// The second field is the program's name in parentheses, and may hold blanks and parentheses (proc_pid_stat(5)).
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(f) < 20 {
		return "", ""
	}
	return f[0], f[19]
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
