package watch

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
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
		out[group] = u
	}
	return out
}
