package main

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/machinetest"
)

// Services that others have published, and what is true of each, by scenario: what their sources promise. The contract
// of each stands beside the scenarios, in testdata/public.
var public = []struct {
	name, command string
	true          map[string]map[string]outcome
}{
	// What Redis knows of a blob spares a look into the files, and an error of Redis is a miss. Its client waits 3 s
	// for a reply, and tries again three times.
	{"registry", "sh testdata/public/registry.sh {bin}/registry", map[string]map[string]outcome{
		"outage":    all(holds, outage+" "+recovered+" "+bystander),
		"blackhole": outcomes(all(holds, recovered+" "+bystander), is(blackhole, hung)),
	}},
	// It counts in Redis alone. Its pool waits without an end for a connection, and a connection for a reply. What has
	// no limit is not counted.
	{"ratelimit", "{bin}/service_cmd", map[string]map[string]outcome{
		"outage":    outcomes(all(holds, recovered+" "+bystander), is(outage, hung)),
		"blackhole": outcomes(all(holds, recovered+" "+bystander), is(blackhole, hung)),
		"limit":     is("limit.exact", holds),
	}},
	// It shows what is in Redis, and has nothing else to show. Its page is in the program.
	{"asynqmon", "{bin}/asynqmon", map[string]map[string]outcome{
		"outage":    outcomes(all(holds, recovered+" "+bystander), is(outage, because(refuted, "status 500"))),
		"blackhole": outcomes(all(holds, recovered+" "+bystander), is(blackhole, hung)),
	}},
}

// Services that others have published are judged as is true of them.
func TestPublicServices(t *testing.T) {
	if testing.Short() {
		t.Skip("make verdicts plays it")
	}
	bin := publicServices(t)
	rs := newRows(t)
	for _, s := range public {
		for scenario, want := range s.true {
			t.Run(s.name+" "+scenario, func(t *testing.T) {
				t.Parallel()
				p := rs.judged(t, want, "--target-cmd", strings.ReplaceAll(s.command, "{bin}", bin),
					"--contract", "testdata/public/"+s.name+".yaml", "testdata/public/"+scenario+".yaml")
				if len(p.results) != len(want) {
					t.Errorf("exit %d, %d claims were judged, want %d\n%s", p.exit, len(p.results), len(want), p.said)
				}
				for id, r := range p.results {
					if err := want[id].of(r); err != nil && !r.Code.OfMachine() {
						t.Errorf("%s: %v", id, err)
					}
				}
			})
		}
	}
}

// publicServices builds them, and is the folder of their programs. The first build fetches and compiles their
// libraries, which takes minutes.
func publicServices(t *testing.T) string {
	t.Helper()
	machinetest.Need(t, "go")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	bin := t.TempDir()
	build := exec.CommandContext(ctx, "go", "build", "-C", "testdata/public", "-o", bin+"/", "tool", "./registry")
	if out, err := build.CombinedOutput(); err != nil {
		first, _, _ := strings.Cut(string(out), "\n")
		machinetest.Lack(t, "the public services cannot be built: %s (%v)", first, err)
	}
	return bin
}
