package process

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
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

// family lists the processes of the group and what descends from its first process, by the mark in its environment or by
// its parents, without zombies.
func family(group int, mark string) []member {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // its one error is a bad pattern
	found := map[int]member{}
	var others []int // that are not known to be of it
	parents := map[int]int{}
	for _, path := range stats {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		f := fields(path)
		if f == nil || f[0] == "Z" || f[0] == "X" || pid == os.Getpid() {
			continue
		}
		parents[pid], _ = strconv.Atoi(f[1])
		switch m := (member{pid: pid, began: f[19], inGroup: f[2] == strconv.Itoa(group)}); {
		case m.inGroup || hasVariable(pid, mark):
			found[pid] = m
		default:
			others = append(others, pid)
		}
	}
	for grows := true; grows; { // a child that has dropped its environment
		grows = false
		for _, pid := range others {
			_, of := found[parents[pid]]
			if _, known := found[pid]; of && !known {
				found[pid] = member{pid: pid, began: startTime(pid)}
				grows = true
			}
		}
	}
	return slices.Collect(maps.Values(found))
}

// atWork reports whether a thread of it can still run: SIGSTOP reaches them one by one, each when its turn comes.
func (m member) atWork() bool {
	threads, _ := filepath.Glob("/proc/" + strconv.Itoa(m.pid) + "/task/*/stat")
	for _, t := range threads {
		if f := fields(t); f != nil && !strings.Contains("TtZX", f[0]) {
			return true
		}
	}
	return false
}

// listening are those of the members that hold a socket which listens on the port.
func listening(members []member, port int) (all Serving) {
	sockets := map[string]bool{}
	for _, path := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		b, _ := os.ReadFile(path)
		for line := range strings.Lines(string(b)) {
			f := strings.Fields(line) // the local address and port, the state and the inode
			if len(f) > 9 && f[3] == "0A" && strings.HasSuffix(f[1], fmt.Sprintf(":%04X", port)) {
				sockets["socket:["+f[9]+"]"] = true
			}
		}
	}
	for _, m := range members {
		open, _ := filepath.Glob("/proc/" + strconv.Itoa(m.pid) + "/fd/*")
		if slices.ContainsFunc(open, func(fd string) bool {
			to, _ := os.Readlink(fd)
			return sockets[to]
		}) {
			all = append(all, m)
		}
	}
	return all
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
		if hasVariable(pid, variable) && running(pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// hasVariable reports whether the process has the variable in its environment.
func hasVariable(pid int, variable string) bool {
	env, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	for kv := range bytes.SplitSeq(env, []byte{0}) {
		if string(kv) == variable {
			return true
		}
	}
	return false
}
