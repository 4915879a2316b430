package run

import (
	"encoding/json"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/fstest"
)

// files makes a file system out of names and contents.
func files(nameAndText ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i := 0; i < len(nameAndText); i += 2 {
		m[nameAndText[i]] = &fstest.MapFile{Data: []byte(nameAndText[i+1])}
	}
	return m
}

func TestMachineSystem(t *testing.T) {
	tests := []struct {
		name string
		root fstest.MapFS
		want Machine
	}{
		{"no /proc", files(), Machine{}},
		{
			"a virtual machine",
			files(
				"proc/sys/kernel/osrelease", "6.8.0-45-generic\n",
				"proc/cpuinfo", "processor\t: 0\nmodel name\t: AMD  EPYC\nflags\t\t: fpu hypervisor sse\n\nprocessor\t: 1\nmodel name\t: other\nflags\t: fpu\n",
				"proc/meminfo", "MemTotal:        4026532 kB\nMemFree: 1 kB\n",
				"proc/loadavg", "0.73 0.47 0.33 1/112 10074\n",
				"proc/1/cgroup", "0::/init.scope\n",
				"sys/fs/cgroup/memory.max", "max\n",
			),
			Machine{Kernel: "6.8.0-45-generic", CPU: "AMD EPYC", Virtual: true, Memory: 4026532 << 10, Load: 0.73},
		},
		{
			"bare metal, ARM",
			files("proc/cpuinfo", "processor: 0\nFeatures: fp\n\nModel : Raspberry Pi 5\n"),
			Machine{CPU: "Raspberry Pi 5"},
		},
		{
			"a container with a limit",
			files(".dockerenv", "", "proc/meminfo", "MemTotal: 1048576 kB\n", "sys/fs/cgroup/memory.max", "536870912\n"),
			Machine{Container: "docker", Memory: 1 << 30, MemoryMax: 512 << 20},
		},
		{
			"cgroup v1 without a limit",
			files("proc/meminfo", "MemTotal: 1048576 kB\n", "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
			Machine{Memory: 1 << 30},
		},
		{"kubernetes in docker", files(".dockerenv", "", "var/run/secrets/kubernetes.io/token", "x"), Machine{Container: "kubernetes"}},
		{"podman", files("run/.containerenv", ""), Machine{Container: "podman"}},
		{"systemd-nspawn", files("run/systemd/container", "systemd-nspawn\n"), Machine{Container: "systemd-nspawn"}},
		{"cgroup v1 names it", files("proc/1/cgroup", "2:cpu:/kubepods/pod1\n1:name=systemd:/\n"), Machine{Container: "kubernetes"}},
		{
			"nonsense",
			files("proc/cpuinfo", ":::\n\x00", "proc/meminfo", "MemTotal:\nMemTotal: many kB\n", "proc/loadavg", "", "sys/fs/cgroup/memory.max", "-1"),
			Machine{},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got Machine
			got.system(tt.root)
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestMachineBuild(t *testing.T) {
	m := Machine{Harness: "unknown"}
	m.build(&debug.BuildInfo{
		Main:     debug.Module{Version: "v1.2.3"},
		Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"}},
	})
	if want := (Machine{Harness: "v1.2.3", Revision: "0123456789abcdef", Uncommitted: true}); m != want {
		t.Errorf("got %+v, want %+v", m, want)
	}
	m = Machine{Harness: "unknown"}
	if m.build(&debug.BuildInfo{}); m.Harness != "unknown" {
		t.Errorf("harness %q of a build that says nothing, want unknown", m.Harness)
	}
}

func TestMachineString(t *testing.T) {
	tests := []struct {
		name string
		m    Machine
		want string
	}{
		{
			"all", Machine{
				OS: "linux", Arch: "amd64", Kernel: "6.8.0", CPU: "AMD EPYC", CPUs: 4, Procs: 2, Memory: 8e9, MemoryMax: 2e9,
				Container: "docker", Virtual: true, Load: 0.7, Go: "go1.26.8", Harness: "(devel)", Revision: "0123456789abcdef", Uncommitted: true,
			},
			"linux/amd64, AMD EPYC, 4 CPUs (2 used), 8 GB, limited to 2 GB, kernel 6.8.0, virtual, in docker, load 0.70, go1.26.8, harness (devel), revision 0123456789ab, with uncommitted changes",
		},
		{
			"the least", Machine{OS: "darwin", Arch: "arm64", CPUs: 1, Procs: 1, Go: "go1.26.8", Harness: "v0.0.0-20310405-0123456789ab", Revision: "0123456789abcdef"},
			"darwin/arm64, 1 CPU, load 0.00, go1.26.8, harness v0.0.0-20310405-0123456789ab",
		},
	}
	for _, tt := range tests {
		if got := tt.m.String(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// The machine that this runs on: filled in, unchanged by JSON, and anonymous.
func TestFingerprint(t *testing.T) {
	m := Fingerprint()
	if m.OS != runtime.GOOS || m.Arch != runtime.GOARCH || m.CPUs < 1 || m.Procs < 1 || m.Go == "" || m.Harness == "" {
		t.Errorf("incomplete: %+v", m)
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var again Machine
	if err := json.Unmarshal(b, &again); err != nil || again != m {
		t.Errorf("JSON made %+v (%v) of %+v", again, err, m)
	}
	// Short names ("pi", "dev") are also parts of ordinary words.
	if host, err := os.Hostname(); err == nil && len(host) > 5 && strings.Contains(string(b), host) {
		t.Errorf("names the host: %s", b)
	}
}
