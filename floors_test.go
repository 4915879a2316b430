package bench_test

import (
	"bytes"
	"cmp"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/trektribe/bench"

type floor struct {
	pkg    string
	height int
	may    []string
	why    string
}

// floors says what each package may import of ours, and why not more. Nothing
// imports upwards. A name covers the packages below it too. Test files may
// import whatever is not on a higher floor than their package. Heights leave
// gaps, so that rooms fit in between.
var floors = []floor{
	{"cmd/bench", 50, []string{"internal", "reports", "scenarios", "target", "fixtures"}, "the wiring sees everything"},
	{"internal/gate", 47, []string{"internal/run", "internal/lab", "internal/compare", "internal/claim", "internal/history", "internal/stats", "scenarios"}, "what changed between builds is read of saved runs: nothing is measured for it alone"},
	{"internal/compare", 10, []string{"internal/stats"}, "whether two figures differ does not depend on what they measure"},
	{"internal/run", 40, []string{"internal/alerts", "internal/run/capacity", "internal/run/watch", "internal/run/ask", "internal/run/lanes", "internal/run/before", "internal/run/paint", "internal/lab", "internal/load", "internal/fault", "internal/claim", "internal/predict", "internal/history", "internal/stats", "internal/traffic", "internal/contract", "internal/inspect", "internal/redact", "scenarios", "reports"},
		"it plays scenarios against any service, so it knows neither our own target nor its mutants"},
	{"images/health", 2, []string{"internal/resp", "internal/redact"}, "a health check is small, and shares no fate with what it checks"},
	{"internal/drill", 46, []string{"internal/alerts", "internal/run", "internal/claim", "internal/history", "internal/fault", "internal/lab/process", "scenarios", "reports"},
		"a drill is a run that people confirm, halt and learn from: what is played and measured is as in any other"},
	{"internal/run/past", 45, []string{"internal/run", "internal/trend", "scenarios", "reports"}, "whoever looks at several runs reads them in one way, and plays none"},
	{"internal/run/lanes", 36, []string{"internal/lab", "internal/claim", "scenarios", "reports"}, "who is played beside whom follows from the scenarios, before anything is played"},
	{"internal/run/ask", 35, []string{"internal/load", "internal/contract", "internal/history", "internal/traffic", "internal/inspect", "scenarios"},
		"a service is asked the same whatever is played later, and whoever started it"},
	{"internal/run/watch", 35, []string{"internal/lab", "internal/contract", "internal/history", "internal/redact"}, "what a service shows beside the load is recorded alike whatever is played and claimed"},
	{"internal/run/paint", 35, []string{"internal/claim/picture", "internal/history", "internal/lab", "scenarios"}, "a picture is painted of what was saved, whoever judges it"},
	{"internal/run/capacity", 35, []string{"internal/load", "internal/history", "internal/traffic"}, "what this machine can send is the same whatever is played and claimed"},
	{"internal/run/before", 35, []string{"reports"}, "what came before a run is found alike whatever is played and claimed"},
	{"internal/lab", 30, []string{"internal/loopback", "internal/lab", "internal/proxy", "internal/canary", "internal/fault", "internal/history", "internal/redact"},
		"what is done to the world must not depend on the traffic, nor on what is claimed of it: it gets actions, not scenarios"},
	{"internal/lab/redis", 27, []string{"internal/lab/disk", "internal/loopback", "internal/lab/container", "internal/lab/compose", "internal/lab/dependency", "internal/lab/process", "internal/canary", "internal/resp", "internal/fault", "internal/redact"},
		"how a Redis is started and hurt does not depend on which arm has it, nor on what is recorded of it"},
	{"internal/lab/sqlite", 27, []string{"internal/lab/dependency", "internal/canary", "internal/fault"}, "a file is locked, whoever uses it"},
	{"internal/lab/dependency", 26, []string{"internal/canary", "internal/fault"}, "what can be hurt is said in one way, so that each dependency is added in a room of its own"},
	{"internal/lab/compose", 24, nil, "a file says who is who, whoever starts it"},
	{"internal/lab/container", 24, nil, "an engine is asked alike whoever has the container, and whatever runs in it"},
	{"internal/lab/disk", 20, nil, "what a disk loses does not depend on who writes to it"},
	{"internal/lab/process", 25, []string{"internal/lab/container", "internal/loopback", "internal/proxy/remote", "internal/redact"},
		"whatever is started is ended, whoever started it and why"},
	{"internal/load", 30, []string{"internal/history", "internal/traffic", "internal/contract", "internal/load"},
		"traffic must not depend on what is done to the world meanwhile: it gets streams and URLs, and knows no fault"},
	{"internal/load/sockets", 25, nil, "how a socket is opened, read and ended does not depend on what is sent over it, nor on when"},
	{"internal/load/h1", 25, nil, "how a request reaches a service and how its answer comes back does not depend on what it asks for"},
	{"internal/load/loop", 28, []string{"internal/load/h1"}, "requests are sent and answers taken in one thread, whatever they ask for and whoever checks them"},
	{"internal/load/alarm", 25, nil, "an instant is the same for whatever is due"},
	{"internal/mutant", 30, []string{"target", "fixtures", "internal/near", "internal/mutant"},
		"a mutant is a broken part of the target; a harness that knew its mutants could not be tested with them"},
	{"internal/proxy", 20, []string{"internal/loopback", "internal/canary", "internal/fault", "internal/command", "internal/history"},
		"a fault is done to a connection, whoever asked for it; what the wire shows is told in the words of histories"},
	{"internal/proxy/remote", 20, []string{"internal/canary", "internal/fault"}, "what somebody else's toxiproxy can do is proved like our own, and shares nothing with how ours does it"},
	{"scenarios", 20, []string{"internal/claim", "internal/fault", "internal/near", "internal/command", "internal/traffic", "internal/strictyaml"}, "a scenario can be checked without a world to run it in"},
	{"internal/trend", 12, []string{"internal/claim"}, "what changed over runs follows from their results, wherever they are kept"},
	{"reports", 20, []string{"internal/claim", "internal/inspect", "internal/stats", "reports/page"}, "a renderer gets judged results: with the histories at hand it would judge again, and differently"},
	{"reports/page", 18, []string{"internal/claim/picture", "internal/claim/curve", "internal/claim/recovery", "internal/claim/figure"}, "a page shows figures in the words that it is given, so that they are those of every other format"},
	{"target", 20, []string{"target", "fixtures"}, "the service under test must not know the harness that judges it"},
	{"internal/discover", 16, []string{"internal/contract", "internal/strictyaml"}, "what a service speaks is found by asking, whoever starts it and carries the questions"},
	{"internal/alerts", 15, []string{"internal/history"}, "what a Prometheus says of its alerts is read alike whoever has it, whatever is played and claimed"},
	{"internal/contract", 15, []string{"internal/history", "internal/traffic", "internal/strictyaml", "internal/near", "internal/redact"},
		"how a service speaks does not depend on who asks, nor on what is claimed of it"},
	{"internal/claim", 10, []string{"internal/history", "internal/stats", "internal/claim"}, "a claim is a pure function of histories, wherever they come from"},
	{"internal/claim/expr", 2, []string{"internal/claim/figure", "internal/claim/source"}, "the language knows the signatures of measures: a measure is added without touching it"},
	{"internal/claim/recovery", 6, []string{"internal/history", "internal/claim/guard", "internal/claim/probe", "internal/claim/impact", "internal/claim/expr", "internal/claim/figure", "internal/claim/source"},
		"recovery times are read of every fault, whatever is claimed"},
	{"internal/claim/curve", 6, []string{"internal/history", "internal/stats", "internal/claim/guard", "internal/claim/probe", "internal/claim/expr", "internal/claim/figure", "internal/claim/source"},
		"a curve shows, and decides nothing"},
	{"internal/claim/picture", 6, []string{"internal/history", "internal/stats", "internal/limit", "internal/claim/expr", "internal/claim/figure", "internal/claim/impact", "internal/claim/limits", "internal/claim/measure", "internal/claim/source"},
		"a picture shows what was observed, whatever is claimed of it"},
	{"internal/claim/roundtest", 3, []string{"internal/history", "internal/claim/expr"}, "rounds for tests of the rooms above; only tests import it"},
	{"internal/claim/guard", 5, []string{"internal/history", "internal/stats", "internal/claim/probe", "internal/claim/figure", "internal/claim/code"},
		"whether a round counts does not depend on what is claimed: a guard gets phases, faults and the most lag"},
	{"internal/claim/baseline", 5, []string{"internal/history", "internal/stats", "internal/claim/probe", "internal/claim/expr", "internal/claim/figure"},
		"what a service does without any fault does not depend on what is claimed of it under one"},
	{"internal/claim/operation", 4, []string{"internal/history", "internal/claim/probe", "internal/claim/expr", "internal/claim/figure"},
		"what a service tells of itself is held against what was seen, whatever else is measured"},
	{"internal/claim/measure", 5, []string{"internal/claim/operation", "internal/history", "internal/stats", "internal/claim/probe", "internal/claim/expr", "internal/claim/impact", "internal/claim/figure", "internal/claim/source",
		"internal/claim/limits", "internal/limit", "internal/claim/ledger", "internal/exact", "internal/claim/wire"},
		"a measure is a function of one history: it knows no bound that it is held against"},
	{"internal/claim/witness", 3, []string{"internal/history", "internal/claim/expr", "internal/claim/figure", "internal/claim/source"},
		"where an answer came from is the same whatever is claimed of it"},
	{"internal/claim/wire", 3, []string{"internal/history", "internal/claim/expr", "internal/claim/figure"},
		"what was said to Redis is read alike whatever is measured of it"},
	{"internal/claim/limits", 3, []string{"internal/history", "internal/traffic", "internal/limit", "internal/limit/crosscheck", "internal/claim/expr", "internal/claim/impact", "internal/claim/figure", "internal/claim/source"},
		"what the oracle is asked, and what its answer means, is one thing for all measures of limits"},
	{"internal/claim/probe", 3, []string{"internal/history", "internal/claim/expr", "internal/claim/figure", "internal/claim/source"},
		"measures, guards and curves watch a history alike: what they share knows none of them"},
	{"internal/claim/impact", 2, []string{"internal/history", "internal/command", "internal/claim/figure", "internal/claim/source"},
		"what a fault did to an instance is read alike by measures and recovery times: it knows neither"},
	{"internal/claim/ledger", 2, []string{"internal/history", "internal/exact"}, "what was booked, sent and connected is read alike by every measure of it: it knows none"},
	{"internal/claim/code", 1, nil, "the words for programs stand in one place, and depend on nothing"},
	{"internal/claim/source", 1, nil, "the names of sources stand in one place, below the language and the measures"},
	{"internal/claim/figure", 1, []string{"internal/near"}, "a number means the same whatever was measured: it knows no history"},
	{"internal/strictyaml", 10, []string{"internal/near"}, "how a file is read strictly does not depend on what it says: it knows keys, not scenarios"},
	{"internal/predict", 10, []string{"internal/fault"}, "what options say must not depend on what was measured: the two are compared"},
	{"internal/canary", 8, []string{"internal/fault", "internal/resp"}, "what a canary met proves a fault or not, whoever did it"},
	{"internal/fault", 5, []string{"internal/command"}, "what a kind of fault is must not depend on who does it, plays it or foretells it"},
	{"fixtures", 10, nil, "the same seed gives the same data to the target and to whoever checks it"},
	{"internal/limit/crosscheck", 2, []string{"internal/limit"}, "a second opinion must not lead the first: the oracle does not know it"},
	{"internal/limit", 1, []string{"internal/limit/prove"}, "what a rate limiter did wrong follows from who asked when and was answered what, whoever asked and why"},
	{"internal/exact/board", 1, []string{"internal/exact/evidence"}, "which bookings a leaderboard lacks follows from who asked when and was answered what"},
	{"internal/exact/sessions", 1, []string{"internal/exact/evidence"}, "who is absent or haunts follows from when sockets opened and ended, and from what was shown"},
	{"internal/exact/notices", 1, []string{"internal/exact/evidence"}, "what is lost or comes twice follows from what was sent, and from what came where"},
	{"internal/exact/evidence", 0, nil, "operations and what proves an error are one thing for every checker"},
	{"internal/inspect", 2, []string{"internal/history", "internal/traffic", "internal/command", "internal/claim/figure"}, "what a service speaks follows from what it answered, whoever asked it"},
	{"internal/limit/prove", 0, nil, "what is provable of one counter does not depend on whose it is"},
	{"internal/history", 0, nil, "the vocabulary that everything else shares"},
	{"internal/traffic", 1, []string{"internal/near"}, "what a stream sends is one thing for who says it and who sends it"},
	{"internal/stats", 0, nil, "arithmetic knows no domain"},
	{"internal/loopback", 0, nil, "the ports of a machine are the same for whoever listens"},
	{"internal/redact", 0, nil, "what is a secret does not depend on who shows it"},
	{"internal/bundle", 0, nil, "a run travels as its files are, whatever they say"},
	{"internal/near", 0, nil, "spelling knows no domain"},
	{"internal/machinetest", 0, nil, "what tests ask of the machine; only tests import it"},
	{"internal/resp", 0, nil, "how one speaks to Redis does not depend on what is asked"},
	{"internal/command", 0, nil, "what Redis's commands are, for whoever names or watches them"},
}

// libraries says where each library of others may be used: in one place, so
// that it can be replaced there, and its traps are known there. A name covers
// the packages below it too. Tests are more places, for test files only.
var libraries = []struct {
	path  string
	in    []string
	tests []string
	why   string
}{
	{"github.com/tsenart/vegeta/v12", []string{"internal/load"}, nil, "its times and its metrics are not what we report; only the load generator knows the difference"},
	{"github.com/Shopify/toxiproxy/v2", []string{"internal/proxy"}, nil, "removing its toxics under load can hang; only our own toxic may touch it"},
	{"github.com/rs/zerolog", []string{"internal/proxy"}, nil, "toxiproxy logs to its global logger; nobody else logs with it"},
	{"github.com/alicebob/miniredis/v2", []string{"internal/lab/redis", "target/redistest"}, []string{"internal/lab", "target", "internal/mutant"}, "which Redis it is must be decided, and reported, in one place"},
	{"github.com/redis/go-redis/v9", []string{"target", "internal/lab/redis", "internal/mutant"}, []string{"internal/lab", "internal/proxy", "cmd/bench"}, "its defaults decide fallback times: only the target, and a lab that must speak Redis, use it"},
	{"github.com/parquet-go/parquet-go", []string{"internal/history"}, nil, "the format of the files is the history's own business"},
	{"gonum.org/v1/gonum", []string{"internal/stats"}, nil, "distributions are the arithmetic's"},
	{"github.com/anishathalye/porcupine", []string{"internal/limit/crosscheck"}, nil, "a second opinion on reported counters, which may take for ever: only beside the first, and within a time"},
	{"github.com/HdrHistogram/hdrhistogram-go", []string{"internal/stats"}, nil, "it refuses values out of range with an error that must be handled once"},
	{"github.com/goccy/go-yaml", []string{"internal/strictyaml", "internal/lab/compose"}, nil, "it loses positions in places; only the strict reader works around that; what compose prints has no positions to tell"},
	{"github.com/prometheus/common", []string{"internal/run/watch", "reports"}, nil, "the sampler alone reads metrics, and one format writes them"},
	{"github.com/prometheus/client_model", []string{"internal/run/watch", "reports"}, nil, "the sampler alone reads metrics, and one format writes them"},
	{"golang.org/x/perf", []string{"reports"}, nil, "benchstat's format is written in one place"},
	{"github.com/jstemmer/go-junit-report/v2", []string{"reports"}, nil, "what CI services make of JUnit's elements is known in one place"},
	{"github.com/prometheus/client_golang", []string{"target"}, nil, "the target alone exports metrics"},
	{"go.mongodb.org/mongo-driver/v2", []string{"target/store"}, nil, "the database is behind the store"},
	{"modernc.org/sqlite", []string{"target/store"}, []string{"internal/lab"}, "the database is behind the store; what locks it away is tested with it"},
	{"github.com/coder/websocket", []string{"target", "internal/load/sockets"}, []string{"internal/mutant", "internal/load"}, "a context that ends in a read closes its connection, and pings are answered while somebody reads: whoever has sockets must know"},
	{"github.com/joho/godotenv", []string{"cmd/bench"}, nil, "what a user gives is read where the process begins"},
	{"github.com/hanwen/go-fuse/v2", []string{"internal/lab/disk"}, nil, "what a file system may lose is decided in one place"},
	{"github.com/chromedp", nil, []string{"reports"}, "only a browser tells whether a page can be read"},
	{"golang.org/x/term", []string{"cmd/bench"}, nil, "whether there is a terminal is known where the process begins; everybody else is told"},
	{"golang.org/x/sync", []string{"internal", "target", "cmd/bench"}, nil, "as good as the standard library"},
	{"golang.org/x/net", []string{"internal/load/h1"}, nil, "what may stand in a header is known where headers are written"},
	{"golang.org/x/sys", []string{"internal/load", "internal/lab/sqlite"}, nil, "system calls stay beside the code that needs them"},
}

// impure lists what packages of the standard library a pure package must not import, and why.
var impure = []struct {
	pkg string
	not []string
	why string
}{
	{"internal/claim", []string{"os", "net", "math/rand", "syscall"}, "a saved run must be judged alike anywhere: no file, no network, no chance"},
	{"internal/inspect", []string{"os", "net", "math/rand", "syscall"}, "a saved inspection says the same anywhere"},
	{"internal/fault", []string{"os", "net", "math/rand", "syscall"}, "a catalogue says what faults are, and does none"},
	{"internal/predict", []string{"os", "net", "math/rand", "syscall"}, "the same options give the same prediction"},
	{"internal/compare", []string{"os", "net", "syscall"}, "the same rounds give the same answer"},
	{"internal/stats", []string{"os", "net", "math/rand", "syscall"}, "the same figures give the same interval"},
	{"internal/trend", []string{"os", "net", "math/rand", "syscall"}, "the same runs show the same changes"},
	{"internal/limit", []string{"os", "net", "math/rand", "syscall"}, "the same decisions prove the same errors"},
	{"internal/exact/evidence", []string{"os", "net", "math/rand", "syscall"}, "the same operations prove the same errors"},
	{"internal/exact/board", []string{"os", "net", "math/rand", "syscall"}, "the same operations prove the same errors"},
	{"internal/exact/sessions", []string{"os", "net", "math/rand", "syscall"}, "the same operations prove the same errors"},
	{"internal/exact/notices", []string{"os", "net", "math/rand", "syscall"}, "the same operations prove the same errors"},
	{"internal/limit/prove", []string{"os", "net", "math/rand", "syscall"}, "the same requests prove the same errors"},
	{"reports", []string{"os", "net", "math/rand", "syscall"}, "same input, same bytes; what is read and where it goes is the caller's"},
	{"internal/strictyaml", []string{"os", "net", "math/rand", "syscall"}, "a text is the same file wherever it is"},
	{"scenarios", []string{"net/http", "math/rand", "os/exec", "syscall"}, "a scenario is read and checked, never run"},
	{"fixtures", []string{"os", "net", "syscall"}, "the data depends on the seed alone"},
}

// An edge is one import.
type edge struct {
	file, from, to string // to: a path inside the module where ours, else as written
	ours, test     bool
}

func TestFloors(t *testing.T) {
	edges, pkgs := imports(t)
	for _, p := range pkgs {
		if p != "." && !slices.ContainsFunc(floors, func(f floor) bool { return covers(f.pkg, p) }) {
			t.Errorf("package %s has no floor: add it to floors, with what it may import and why", p)
		}
	}
	for _, f := range floors {
		if !slices.ContainsFunc(pkgs, func(p string) bool { return covers(f.pkg, p) }) {
			t.Errorf("package %s is gone: take it out of floors", f.pkg)
		}
	}
	for _, e := range edges {
		from, found := floorOf(e.from)
		if !e.ours || !found || e.from == e.to {
			continue
		}
		if e.test {
			if to, _ := floorOf(e.to); to.height > from.height {
				t.Errorf("%s: a test of %s imports %s, which is on a higher floor", e.file, e.from, e.to)
			}
			continue
		}
		if !anyCovers(from.may, e.to) {
			t.Errorf("%s: %s imports %s, and must not: %s", e.file, e.from, e.to, from.why)
		}
	}
}

// A package is a room that one reader can look over, and a file one idea.
func TestRoomsAreSmall(t *testing.T) {
	const mostFiles, mostLines, longest = 25, 3000, 300
	// One file per command is the principle of cmd/bench: a reader looks for one, and never needs all. The parts of the
	// scenario language read one another, so that they stay in one room, and each has a file.
	roomier := map[string]struct{ files, lines int }{"cmd/bench": {32, 4000}, "scenarios": {25, 3200}}
	files, lines := map[string]int{}, map[string]int{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "testdata" || d.Name() == ".git") {
			return cmp.Or(err, fs.SkipDir)
		}
		if d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		n := bytes.Count(text, []byte("\n"))
		if n > longest {
			t.Errorf("%s has %d lines, want at most %d", path, n, longest)
		}
		files[filepath.Dir(path)]++
		lines[filepath.Dir(path)] += n
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %d packages", err, len(files))
	}
	for dir, n := range files {
		files, most := max(mostFiles, roomier[dir].files), max(mostLines, roomier[dir].lines)
		if n > files || lines[dir] > most {
			t.Errorf("%s has %d files and %d lines without tests, want at most %d and %d", dir, n, lines[dir], files, most)
		}
	}
}

// The table itself must not allow what it is there to forbid.
func TestFloorsRise(t *testing.T) {
	for _, f := range floors {
		for _, m := range f.may {
			for _, g := range floors {
				if covers(m, g.pkg) && g.pkg != f.pkg && g.height >= f.height {
					t.Errorf("%s (floor %d) may import %s (floor %d)", f.pkg, f.height, g.pkg, g.height)
				}
			}
		}
	}
}

func TestLibrariesStayInTheirPlace(t *testing.T) {
	edges, _ := imports(t)
	used := map[string]bool{} // library and place
	for _, e := range edges {
		if e.ours || !strings.Contains(strings.SplitN(e.to, "/", 2)[0], ".") {
			continue
		}
		known := false
		for _, l := range libraries {
			if !covers(l.path, e.to) {
				continue
			}
			known = true
			for _, place := range l.in {
				if covers(place, e.from) && !e.test {
					used[l.path+" "+place] = true
				}
			}
			if !anyCovers(l.in, e.from) && !(e.test && anyCovers(l.tests, e.from)) {
				t.Errorf("%s: %s imports %s, which stays in %s: %s", e.file, e.from, e.to, strings.Join(l.in, ", "), l.why)
			}
		}
		if !known {
			t.Errorf("%s: %s imports %s, which has no place: add it to libraries and say why", e.file, e.from, e.to)
		}
	}
	for _, l := range libraries {
		if len(l.in) > 0 && !slices.ContainsFunc(l.in, func(place string) bool { return used[l.path+" "+place] }) {
			t.Errorf("%s is used nowhere: take it out of libraries and out of go.mod", l.path)
		}
	}
}

func TestPurePackages(t *testing.T) {
	edges, pkgs := imports(t)
	for _, rule := range impure {
		if !slices.Contains(pkgs, rule.pkg) {
			t.Errorf("package %s is gone: take it out of impure", rule.pkg)
		}
		for _, e := range edges {
			if covers(rule.pkg, e.from) && !e.test && anyCovers(rule.not, e.to) {
				t.Errorf("%s: %s imports %s, and must not: %s", e.file, e.from, e.to, rule.why)
			}
		}
	}
}

// floorOf finds the floor of a package; its nearest name decides.
func floorOf(pkg string) (floor, bool) {
	var best floor
	for _, f := range floors {
		if covers(f.pkg, pkg) && len(f.pkg) > len(best.pkg) {
			best = f
		}
	}
	return best, best.pkg != ""
}

// covers reports whether pkg is name or below it.
func covers(name, pkg string) bool { return pkg == name || strings.HasPrefix(pkg, name+"/") }

func anyCovers(names []string, pkg string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return covers(n, pkg) })
}

// imports reads the imports of every Go file of the module, for every platform, and lists its packages.
func imports(t *testing.T) (edges []edge, pkgs []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			// What the go command does not look at either.
			if name != "." && (strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_") || d.Name() == "testdata") {
				return fs.SkipDir
			}
			if _, err := os.Stat(filepath.Join(name, "go.mod")); name != "." && err == nil {
				return fs.SkipDir // a module of its own
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		from, test := path.Dir(filepath.ToSlash(name)), strings.HasSuffix(name, "_test.go")
		if !test && !slices.Contains(pkgs, from) {
			pkgs = append(pkgs, from)
		}
		for _, i := range f.Imports {
			to, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			in, ours := strings.CutPrefix(to, module+"/")
			edges = append(edges, edge{file: name, from: from, to: in, ours: ours, test: test})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(edges) == 0 {
		t.Fatal("no imports were found: this test would pass whatever they are")
	}
	return edges, pkgs
}
