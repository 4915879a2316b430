package bench_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/proxy"
	"github.com/trektribe/bench/internal/proxy/remote"
	"github.com/trektribe/bench/scenarios"
)

// Every kind of the catalogue has all its parts, and no part is without a kind.
func TestEveryKindOfFaultIsWhole(t *testing.T) {
	rows := faultRows(t)
	for _, k := range fault.Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			if len(k.About) < 5 || len(k.On) == 0 {
				t.Errorf("it is %q, on %v", k.About, k.On)
			}
			if text, ok := fault.Explain(k.Name); !ok || !strings.Contains(text, "done to") {
				t.Errorf("it is explained as %q", text)
			}
			checkMechanisms(t, k)
			checkPrediction(t, k)
			checkScenario(t, k)
			row, ok := rows[k.Name]
			if !ok {
				t.Error("docs have no row that begins with it")
			}
			for _, name := range k.Needs {
				if !strings.Contains(row, "`"+name+"`") {
					t.Errorf("its row in docs does not name %s, which it needs", name)
				}
			}
		})
	}
	for name := range rows {
		if _, ok := fault.Find(name); !ok {
			t.Errorf("docs have a row for %q, which is no kind", name)
		}
	}
	for _, name := range proxy.Kinds() {
		if k, _ := fault.Find(name); k.Acts != fault.Path {
			t.Errorf("the proxy has a mechanism for %q, which is no fault on a path", name)
		}
	}
	for _, name := range remote.Kinds() {
		if k, _ := fault.Find(name); !k.Toxiproxy {
			t.Errorf("somebody's toxiproxy has a mechanism for %q, which it cannot do", name)
		}
	}
	for _, on := range fault.Targets {
		for _, redis := range []string{"embedded", "server"} {
			for _, name := range lab.Kinds(on, redis) {
				if k, _ := fault.Find(name); !slices.Contains(k.On, on) || on == "redis" && !slices.Contains(k.Redis, redis) {
					t.Errorf("the lab has a mechanism for %q on %s (%s), which it is not done to", name, on, redis)
				}
			}
		}
	}
}

// checkMechanisms wants one wherever k can be done.
func checkMechanisms(t *testing.T, k fault.Kind) {
	if k.Acts == fault.Path {
		if !slices.Contains(proxy.Kinds(), k.Name) {
			t.Error("the proxy has no mechanism for it")
		}
		if k.Toxiproxy && !slices.Contains(remote.Kinds(), k.Name) {
			t.Error("somebody's toxiproxy has no mechanism for it")
		}
		if len(k.Old.Canary) == 0 || len(k.New.Canary) == 0 {
			t.Errorf("a canary meets %v and %v", k.Old.Canary, k.New.Canary)
		}
		return
	}
	for _, on := range k.On {
		all := []string{""}
		if on == "redis" {
			all = k.Redis
		}
		if len(all) == 0 {
			t.Error("there is no Redis that it can be done to")
		}
		for _, redis := range all {
			if !slices.Contains(lab.Kinds(on, redis), k.Name) {
				t.Errorf("the lab has no mechanism for it on %s %s", redis, on)
			}
		}
	}
}

// checkPrediction wants what a client of Redis meets, from which package predict foretells its stalls, or a reason for none.
func checkPrediction(t *testing.T, k fault.Kind) {
	stated := k.Old.Call != "" && k.New.Call != ""
	if stated == (k.Unpredicted != "") {
		t.Errorf("a client meets %q and %q; it is unpredicted because of %q: want one or the other", k.Old.Call, k.New.Call, k.Unpredicted)
	}
	if !stated && slices.Contains(k.On, "redis") {
		t.Error("it is done to redis: want what a client meets")
	}
}

// checkScenario reads k from a scenario with all its parameters, and with each that it does not take.
func checkScenario(t *testing.T, k fault.Kind) {
	for _, on := range k.On {
		for _, p := range append(fault.Parameters(), fault.Parameter{}) {
			takes := slices.Contains(k.Parameters(), p.Name)
			got, err := parseFault(k, on, p, !takes)
			switch {
			case p.Name == "" && err != nil:
				t.Errorf("on %s: %v", on, err)
			case p.Name == "" && got.Check() != nil:
				t.Errorf("on %s: a scenario gives %+v: %v", on, got, got.Check())
			case takes && !slices.ContainsFunc(got.Given(), func(g fault.Given) bool { return g.Name == p.Name }):
				t.Errorf("on %s: %s does not arrive: %+v, %v", on, p.Name, got, err)
			case !takes && p.Name != "" && (err == nil || !strings.Contains(err.Error(), k.Name+" takes no "+p.Name)):
				t.Errorf("on %s: %s, which it does not take: %v", on, p.Name, err)
			}
		}
	}
}

// parseFault reads a scenario with a fault of the kind that has the parameters that it takes, and p too where that is extra.
func parseFault(k fault.Kind, on string, p fault.Parameter, extra bool) (fault.Fault, error) {
	entry := fmt.Sprintf("kind: %s, on: %s", k.Name, on)
	for _, q := range fault.Parameters() {
		if slices.Contains(k.Parameters(), q.Name) || extra && q.Name == p.Name {
			entry += ", " + q.Name + ": " + q.Example
		}
	}
	text := "name: x\nphases: [{name: a, for: 2s, faults: [{" + entry + "}]}]\ntraffic: [{name: t, call: GET /a, rate: 1/s}]\n"
	s, err := scenarios.Parse("x.yaml", []byte(text))
	if err != nil {
		return fault.Fault{}, err
	}
	return s.Phases[0].Faults[0], nil
}

// Every parameter is some kind's.
func TestEveryParameterOfFaultsIsTaken(t *testing.T) {
	for _, p := range fault.Parameters() {
		if p.Name == "" || p.Form == "" || p.About == "" || p.Example == "" {
			t.Errorf("parameter %+v lacks something", p)
		}
		if !slices.ContainsFunc(fault.Kinds(), func(k fault.Kind) bool { return slices.Contains(k.Parameters(), p.Name) }) {
			t.Errorf("no kind takes %s", p.Name)
		}
		for _, k := range fault.Kinds() {
			if p.Default == "" && slices.Contains(k.Takes, p.Name) {
				t.Errorf("%s may have %s, which has no default", k.Name, p.Name)
			}
		}
	}
}

// faultRows are the rows of the tables of faults in docs, by the kinds that they begin with.
func faultRows(t *testing.T) map[string]string {
	t.Helper()
	rows := map[string]string{}
	for _, page := range []string{"docs/lab-and-faults.md", "docs/scale-and-failover.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("(?m)^\\| `([^`]*)` \\|(.*)$").FindAllStringSubmatch(string(text), -1) {
			rows[m[1]] = m[2]
		}
	}
	return rows
}
