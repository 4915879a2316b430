// Command peers measures load generators side by side: each in a process of its own, one
// after the other, beside the same server on the same machine.
//
//	peers [PLAYS]
//
// It prints a table in Markdown: medians over the plays, whose order goes there and back.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A task is what a generator is to do.
type task struct {
	URL    string
	Rate   int
	For    time.Duration
	Frozen time.Duration // how long the server stands still, from the middle on
}

// tasks are the rows of the table, by what is asked of a generator.
var tasks = []task{
	{Rate: 5000, For: 6 * time.Second},
	{Rate: 10000, For: 6 * time.Second},
	{Rate: 1000, For: 4 * time.Second, Frozen: time.Second},
}

// An outcome is what a generator says of what it did, and what its process cost.
type outcome struct {
	Sent, Failed       int
	LagP50, LagP99     time.Duration // sent − intended; below 0: it does not say
	P50, P90, P99, Max time.Duration // of responses, as it reports them
	CPU                time.Duration // of a request
	RSS                int64         // the most, in bytes
}

// generators are those that run in a process of this program, in the order of the table.
var generators = []struct {
	name, about string
	play        func(task) outcome
}{
	{"bench", "each answer checked", ours},
	{"vegeta", "as a library, answers read", throughVegeta},
	{"epoll", "the floor: one thread, nothing checked", bare},
}

func main() {
	var err error
	switch {
	case len(os.Args) == 2 && os.Args[1] == "serve":
		serve()
	case len(os.Args) == 4 && os.Args[1] == "generate":
		err = generate(os.Args[2], os.Args[3])
	default:
		plays := 5
		if len(os.Args) > 1 {
			plays, err = strconv.Atoi(os.Args[1])
		}
		if err == nil {
			err = measure(plays)
		}
	}
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "peers:", err)
	os.Exit(1)
}

func generate(name, text string) error {
	var t task
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return err
	}
	for _, g := range generators {
		if g.name == name {
			return json.NewEncoder(os.Stdout).Encode(g.play(t))
		}
	}
	return fmt.Errorf("no generator %q", name)
}

// measure plays every task by every generator, and prints the table.
func measure(plays int) error {
	fmt.Println("| rate | generator | sent | failed | CPU a request | lag p50 | lag p99 | response p50 | p90 | p99 | max | memory |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|---|---|")
	for _, t := range tasks {
		all := make([][]outcome, len(generators))
		for n := range plays {
			for i := range generators {
				if n%2 == 1 {
					i = len(generators) - 1 - i
				}
				fmt.Fprintf(os.Stderr, "%d/s, play %d of %d: %s\n", t.Rate, n+1, plays, generators[i].name)
				o, err := play(generators[i].name, t)
				if err != nil {
					return fmt.Errorf("%s: %w", generators[i].name, err)
				}
				all[i] = append(all[i], o)
			}
		}
		rate := fmt.Sprintf("%d/s", t.Rate)
		if t.Frozen > 0 {
			rate += fmt.Sprintf(", frozen for %v", t.Frozen)
		}
		for i, g := range generators {
			fmt.Printf("| %s | %s: %s | %s |\n", rate, g.name, g.about, strings.Join(cells(all[i]), " | "))
		}
		if t.Frozen > 0 {
			fmt.Printf("| %s | the arithmetic of the open model | | | | | | %s |\n", rate, strings.Join(arithmetic(t), " | "))
		}
	}
	return nil
}

// arithmetic is the quantiles of responses where the server answers at once, but for the freeze:
// who is to be sent s before its end waits for s.
func arithmetic(t task) []string {
	share := t.Frozen.Seconds() / t.For.Seconds()
	var out []string
	for _, q := range []float64{.5, .9, .99, 1} {
		wait := time.Duration(max(0, 1-(1-q)/share) * float64(t.Frozen))
		out = append(out, short(wait))
	}
	return out
}

// cells are the medians of a generator's outcomes.
func cells(all []outcome) []string {
	median := func(of func(outcome) int64) int64 {
		var values []int64
		for _, o := range all {
			values = append(values, of(o))
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	duration := func(of func(outcome) time.Duration) string {
		return short(time.Duration(median(func(o outcome) int64 { return int64(of(o)) })))
	}
	return []string{
		fmt.Sprint(median(func(o outcome) int64 { return int64(o.Sent) })),
		fmt.Sprint(median(func(o outcome) int64 { return int64(o.Failed) })),
		duration(func(o outcome) time.Duration { return o.CPU }),
		duration(func(o outcome) time.Duration { return o.LagP50 }),
		duration(func(o outcome) time.Duration { return o.LagP99 }),
		duration(func(o outcome) time.Duration { return o.P50 }),
		duration(func(o outcome) time.Duration { return o.P90 }),
		duration(func(o outcome) time.Duration { return o.P99 }),
		duration(func(o outcome) time.Duration { return o.Max }),
		fmt.Sprintf("%d MB", median(func(o outcome) int64 { return o.RSS })>>20),
	}
}

// short is d with three digits.
func short(d time.Duration) string {
	unit := time.Duration(1)
	for d/unit >= 1000 {
		unit *= 10
	}
	return d.Round(unit).String()
}

// play has a generator in a process of its own do a task, beside a server of its own.
func play(name string, t task) (o outcome, err error) {
	self, err := os.Executable()
	if err != nil {
		return o, err
	}
	server := exec.Command(self, "serve")
	server.Stderr = os.Stderr
	out, err := server.StdoutPipe()
	if err != nil {
		return o, err
	}
	if err := server.Start(); err != nil {
		return o, err
	}
	defer server.Wait()
	defer server.Process.Kill()
	var address [64]byte
	n, err := out.Read(address[:])
	if err != nil {
		return o, fmt.Errorf("the server does not start: %w", err)
	}
	t.URL = "http://" + strings.TrimSpace(string(address[:n]))
	text, err := json.Marshal(t)
	if err != nil {
		return o, err
	}
	g := exec.Command(self, "generate", name, string(text))
	g.Stderr = os.Stderr
	if t.Frozen > 0 {
		stop := time.AfterFunc(t.For/2, func() {
			server.Process.Signal(syscall.SIGSTOP)
			time.AfterFunc(t.Frozen, func() { server.Process.Signal(syscall.SIGCONT) })
		})
		defer stop.Stop()
	}
	b, err := g.Output()
	if err != nil {
		return o, err
	}
	if err := json.Unmarshal(b, &o); err != nil {
		return o, err
	}
	o.CPU = (g.ProcessState.UserTime() + g.ProcessState.SystemTime()) / time.Duration(max(1, o.Sent))
	o.RSS = g.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
	return o, nil
}

// times fills in the quantiles.
func (o *outcome) times(lags, responses []time.Duration) {
	at := func(ds []time.Duration, q float64) time.Duration {
		if len(ds) == 0 {
			return 0
		}
		return ds[min(len(ds)-1, int(q*float64(len(ds))))]
	}
	slices.Sort(lags)
	slices.Sort(responses)
	o.LagP50, o.LagP99 = at(lags, .5), at(lags, .99)
	o.P50, o.P90, o.P99, o.Max = at(responses, .5), at(responses, .9), at(responses, .99), at(responses, 1)
}
