package run

import (
	"fmt"
	"io/fs"
	"iter"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/trektribe/bench/internal/claim/figure"
)

// A Machine is the environment of a run: what a reader must know before comparing
// two runs. It names no host and no user. An unknown field is its zero value.
type Machine struct {
	OS          string  `json:"os"`
	Arch        string  `json:"arch"`
	Kernel      string  `json:"kernel,omitempty"`      // release, "6.8.0-45-generic"
	CPU         string  `json:"cpu,omitempty"`         // model, "AMD EPYC"
	CPUs        int     `json:"cpus"`                  // that this process may run on
	Procs       int     `json:"procs"`                 // GOMAXPROCS: less than CPUs under a CPU quota
	Memory      int64   `json:"memory,omitempty"`      // bytes, of the machine
	MemoryMax   int64   `json:"memory_max,omitempty"`  // bytes, limit of the container; 0: none, or not known
	Container   string  `json:"container,omitempty"`   // "docker", "podman", "kubernetes", "lxc", …; empty: none was noticed
	Virtual     bool    `json:"virtual"`               // the CPU says that a hypervisor is beneath it
	Load        float64 `json:"load"`                  // average over one minute, when the run began
	Go          string  `json:"go"`                    // the toolchain that built the harness
	Harness     string  `json:"harness"`               // version of the harness; "(devel)" when it was built from a working copy
	Revision    string  `json:"revision,omitempty"`    // of the source, where the build knows it
	Uncommitted bool    `json:"uncommitted,omitempty"` // the source had changes on top of Revision
}

// Fingerprint looks at the machine that it runs on. It never fails: on a system
// without /proc the fields that come from there are zero.
func Fingerprint() Machine {
	m := Machine{
		OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Procs: runtime.GOMAXPROCS(0),
		Go: runtime.Version(), Harness: "unknown",
	}
	if b, ok := debug.ReadBuildInfo(); ok {
		m.build(b)
	}
	m.system(os.DirFS("/"))
	return m
}

// build takes the harness's version from what the linker wrote into the binary.
func (m *Machine) build(b *debug.BuildInfo) {
	if b.Main.Version != "" {
		m.Harness = b.Main.Version
	}
	for _, s := range b.Settings {
		switch s.Key {
		case "vcs.revision":
			m.Revision = s.Value
		case "vcs.modified":
			m.Uncommitted = s.Value == "true"
		}
	}
}

// system reads what Linux says about itself below root. Files that are missing or odd are passed over.
func (m *Machine) system(root fs.FS) {
	m.Kernel = firstLine(root, "proc/sys/kernel/osrelease")
	for line := range lines(root, "proc/cpuinfo") {
		key, value, _ := strings.Cut(line, ":")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		switch {
		// x86 says "model name"; of ARM boards some say "Model" or "Hardware", most nothing.
		case m.CPU == "" && (key == "model name" || key == "Model" || key == "Hardware"):
			m.CPU = strings.Join(strings.Fields(value), " ")
		case key == "flags":
			m.Virtual = m.Virtual || strings.Contains(" "+value+" ", " hypervisor ")
		}
	}
	for line := range lines(root, "proc/meminfo") {
		if f := strings.Fields(line); len(f) >= 2 && f[0] == "MemTotal:" {
			kib, _ := strconv.ParseInt(f[1], 10, 64)
			m.Memory = kib << 10
		}
	}
	m.MemoryMax = memoryMax(root, m.Memory)
	m.Container = container(root)
	if f := strings.Fields(firstLine(root, "proc/loadavg")); len(f) > 0 {
		m.Load, _ = strconv.ParseFloat(f[0], 64)
	}
}

// memoryMax is the limit of the control group that a container sees as the root, version 2 or 1.
func memoryMax(root fs.FS, memory int64) int64 {
	for _, name := range []string{"sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		n, err := strconv.ParseInt(firstLine(root, name), 10, 64) // version 2 says "max" for none
		if err == nil && n > 0 && (memory == 0 || n < memory) {   // and version 1 a number beyond any machine
			return n
		}
	}
	return 0
}

// container looks for the traces that container runtimes leave. It is a hint: a runtime may leave none.
func container(root fs.FS) string {
	exists := func(name string) bool { _, err := fs.Stat(root, name); return err == nil }
	switch kind := firstLine(root, "run/systemd/container"); {
	case exists("var/run/secrets/kubernetes.io"):
		return "kubernetes"
	case kind != "":
		return kind
	case exists(".dockerenv"):
		return "docker"
	case exists("run/.containerenv"):
		return "podman"
	}
	// Under version 2 of control groups this file says only "0::/", under version 1 it names the runtime.
	for line := range lines(root, "proc/1/cgroup") {
		for _, r := range []struct{ trace, kind string }{
			{"kubepods", "kubernetes"}, {"docker", "docker"}, {"libpod", "podman"}, {"lxc", "lxc"}, {"containerd", "containerd"},
		} {
			if strings.Contains(line, r.trace) {
				return r.kind
			}
		}
	}
	return ""
}

// lines yields the lines of a file; none where it cannot be read.
func lines(root fs.FS, name string) iter.Seq[string] {
	b, _ := fs.ReadFile(root, name)
	return strings.SplitSeq(strings.TrimSuffix(string(b), "\n"), "\n")
}

// firstLine is the first line of a file, trimmed; empty where it cannot be read.
func firstLine(root fs.FS, name string) string {
	for line := range lines(root, name) {
		return strings.TrimSpace(line)
	}
	return ""
}

// Kind is what figures depend on: "linux/amd64, AMD EPYC, 2 CPUs". Those of two kinds are not alike.
func (m Machine) Kind() string {
	cpus := fmt.Sprintf("%d CPUs", m.CPUs)
	if m.CPUs == 1 {
		cpus = "1 CPU"
	}
	if m.Procs > 0 && m.Procs != m.CPUs {
		cpus += fmt.Sprintf(" (%d used)", m.Procs)
	}
	return listed(m.OS+"/"+m.Arch, m.CPU, cpus)
}

// listed joins what is known.
func listed(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), ", ")
}

// String is the machine in one line for a report.
func (m Machine) String() string {
	parts := []string{m.Kind()}
	if m.Memory > 0 {
		parts = append(parts, figure.Format(float64(m.Memory), "B"))
	}
	if m.MemoryMax > 0 {
		parts = append(parts, "limited to "+figure.Format(float64(m.MemoryMax), "B"))
	}
	if m.Kernel != "" {
		parts = append(parts, "kernel "+m.Kernel)
	}
	if m.Virtual {
		parts = append(parts, "virtual")
	}
	if m.Container != "" {
		parts = append(parts, "in "+m.Container)
	}
	parts = append(parts, fmt.Sprintf("load %.2f", m.Load), m.Go, "harness "+m.Harness)
	if m.Revision != "" && !strings.Contains(m.Harness, m.Revision[:min(12, len(m.Revision))]) {
		parts = append(parts, "revision "+m.Revision[:min(12, len(m.Revision))])
	}
	if m.Uncommitted {
		parts = append(parts, "with uncommitted changes")
	}
	return listed(parts...)
}
