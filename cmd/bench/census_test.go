package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/trektribe/bench/internal/lab/process"
)

// A census is what the machine shows of one run: the processes that have its scratch folder or a lease of its
// labs in their environment, or work in that folder; and the sockets that they listen on.
type census struct {
	processes map[int]string // number: command line
	sockets   map[string]int // inode: port
	owner     map[string]int // inode: process
	leases    []string       // as they stand in an environment
}

// count takes a census of the run with that scratch folder, and of its leases as known from an earlier one.
func count(tmp string, leases []string) census {
	c := census{map[int]string{}, map[string]int{}, map[string]int{}, slices.Clone(leases)}
	listening := listeners()
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		pid, _ := strconv.Atoi(filepath.Base(dir))
		env, _ := os.ReadFile(filepath.Join(dir, "environ"))
		cwd, _ := os.Readlink(filepath.Join(dir, "cwd"))
		if pid == os.Getpid() || !bytes.Contains(env, []byte(tmp)) && !strings.HasPrefix(cwd, tmp) && !c.leased(env) {
			continue
		}
		for kv := range bytes.SplitSeq(env, []byte{0}) {
			if bytes.HasPrefix(kv, []byte(process.LeaseEnv+"=")) && !slices.Contains(c.leases, string(kv)) {
				c.leases = append(c.leases, string(kv))
			}
		}
		command, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		c.processes[pid] = strings.TrimSpace(strings.ReplaceAll(string(command), "\x00", " "))
		links, _ := filepath.Glob(filepath.Join(dir, "fd", "*"))
		for _, l := range links {
			to, _ := os.Readlink(l)
			inode := strings.TrimSuffix(strings.TrimPrefix(to, "socket:["), "]")
			if port, ok := listening[inode]; ok {
				c.sockets[inode], c.owner[inode] = port, pid
			}
		}
	}
	return c
}

func (c census) leased(env []byte) bool {
	return slices.ContainsFunc(c.leases, func(l string) bool { return bytes.Contains(env, []byte(l)) })
}

// the names the process of that command, 0: there is none.
func (c census) the(command string) int {
	for pid, line := range c.processes {
		if strings.HasSuffix(line, " "+command) {
			return pid
		}
	}
	return 0
}

// listeners are the machine's listening TCP sockets: inode to port.
func listeners() map[string]int {
	found := map[string]int{}
	for _, path := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		table, _ := os.ReadFile(path)
		for line := range strings.Lines(string(table)) {
			f := strings.Fields(line) // proc_net(5): local address in hex, state 0A is LISTEN, inode
			if len(f) > 9 && f[3] == "0A" {
				port, _ := strconv.ParseUint(f[1][strings.LastIndexByte(f[1], ':')+1:], 16, 16)
				found[f[9]] = int(port)
			}
		}
	}
	return found
}

// left names what is still there of a run of which before was seen, but for the processes in spared and
// what they listen on: processes, listening sockets, files in the scratch folder.
func left(tmp string, before census, spared ...int) (names []string) {
	now := count(tmp, before.leases)
	for pid, line := range now.processes {
		if !slices.Contains(spared, pid) {
			names = append(names, fmt.Sprintf("process %d: %s", pid, line))
		}
	}
	for inode := range listeners() {
		if port, ours := before.sockets[inode]; ours && !slices.Contains(spared, before.owner[inode]) {
			names = append(names, fmt.Sprintf("port %d is listened on, as by process %d: %s", port, before.owner[inode], before.processes[before.owner[inode]]))
		}
	}
	files, err := os.ReadDir(tmp)
	if err != nil {
		names = append(names, err.Error())
	}
	for _, f := range files {
		names = append(names, filepath.Join(tmp, f.Name()))
	}
	slices.Sort(names)
	return names
}
