package lab_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/lab/compose"
	"github.com/trektribe/bench/internal/lab/container"
	"github.com/trektribe/bench/internal/machinetest"
)

// ownStack is the compose file with our own service. Its images must be there.
func ownStack(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"redis", "bench", "ferretdb"} {
		machinetest.Image(t, "bench/"+name+":latest")
	}
	if _, err := compose.Command(t.Context()); err != nil {
		machinetest.Lack(t, "%v", err)
	}
	return filepath.Join("..", "..", lab.OwnStack)
}

// somebodysContainer runs until the test ends, and fails it if somebody has touched it.
func somebodysContainer(t *testing.T) {
	t.Helper()
	out, err := exec.Command("docker", "run", "--detach", "--label", "bench.lease=SOMEBODYS", "bench/redis:latest").Output()
	if err != nil {
		t.Fatalf("docker run: %v", err)
	}
	id := strings.TrimSpace(string(out))
	t.Cleanup(func() {
		out, err := exec.Command("docker", "inspect", "--format", "{{.State.Status}} {{.RestartCount}}", id).Output()
		if got := strings.TrimSpace(string(out)); err != nil || got != "running 0" {
			t.Errorf("somebody's container is %q, %v", got, err)
		}
		exec.Command("docker", "rm", "--force", "--volumes", id).Run()
	})
}

// marked lists the containers, networks and volumes that bear the lease's mark.
func marked(t *testing.T, token string) (all []string) {
	t.Helper()
	for _, kind := range []string{"container ls --all", "network ls", "volume ls"} {
		args := append(strings.Fields(kind), "--quiet", "--filter", "label=bench.lease="+token)
		out, err := exec.Command("docker", args...).Output()
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(out)) {
			all = append(all, kind+": "+strings.TrimSpace(line))
		}
	}
	return all
}

// A stack of a compose file is a lab as any other: its Redis, its service and the paths between them are hurt, each fault is
// proved, and nothing is left of it but what was there before.
func TestAComposeFileIsALab(t *testing.T) {
	if testing.Short() {
		t.Skip("left to .ci/run: 20 seconds")
	}
	file := ownStack(t)
	somebodysContainer(t)
	s := spec(t)
	s.Compose, s.Redis, s.Instances, s.ReadyIn = file, "", 2, 30*time.Second
	w := open(t, s)
	token := ""
	t.Cleanup(func() { // before the lab is closed
		if err := w.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if left := marked(t, token); len(left) > 0 {
			t.Errorf("left: %q", left)
		}
	})
	w.fresh(t, nil)
	if token = theToken(os.TempDir()); len(marked(t, token)) < 6 { // redis, ferretdb, two instances, a network and a volume
		t.Errorf("the stack of %q is %q", token, marked(t, token))
	}
	if got := w.Redis(); got.Kind != "compose" || !strings.HasPrefix(got.Version, "redis ") {
		t.Errorf("its Redis is %+v", got)
	}
	for _, row := range []struct {
		lab.Action
		on int // places
	}{
		{doing("redis", "killed"), 1}, {doing("redis", "stopped"), 1}, {doing("redis", "readonly"), 1},
		{doing("instance", "killed"), 2}, {doing("instance", "stopped"), 2}, {doing("instance", "terminated"), 2},
		{onRedis(fault.Fault{Kind: "refused"}), 2}, {onRedis(fault.Fault{Kind: "blackhole"}, "2"), 1},
	} {
		a := row.Action
		w.forget()
		w.hurt(t, a, row.on)
		for _, d := range w.of(history.Delivery) {
			if d.Value != 1 {
				t.Errorf("%s on %s: %s", a.Fault.Kind, a.On, d.Detail)
			}
		}
	}
	for _, in := range w.Arms()[0].Instances {
		if comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", in.PID)); err != nil || strings.TrimSpace(string(comm)) != "bench" {
			t.Errorf("instance %s has number %d, of %q, %v: want the service's and not its client's", in.Name, in.PID, comm, err)
		}
		r, err := http.Get(in.URL + "/api/trips")
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if r.StatusCode != 200 || !strings.Contains(string(b), "Jaipur") && len(b) < 1000 {
			t.Errorf("instance %s answers %s %.80q", in.Name, r.Status, b)
		}
	}
}

// What Redis has acknowledged outlives its container on its volume, and nowhere else.
func TestAComposeFileIsALabWhoseVolumeKeepsWhatItHolds(t *testing.T) {
	if testing.Short() {
		t.Skip("left to .ci/run: 20 seconds")
	}
	text, err := os.ReadFile(ownStack(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{
		"a volume": string(text),
		"none":     strings.Replace(string(text), `volumes: ["redis_data:/data"]`, `tmpfs: ["/data"]`, 1),
	} {
		s := spec(t)
		s.Compose, s.Redis, s.ReadyIn = filepath.Join(t.TempDir(), "own.yml"), "", 30*time.Second
		if err := os.WriteFile(s.Compose, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		w := open(t, s)
		a := doing("redis", "recreated")
		w.Ahead([]fault.Fault{a.Fault})
		w.fresh(t, nil)
		store := w.Stores()[0]
		o, err := redis.ParseURL(store.Env(store.Addr()).Value)
		if err != nil {
			t.Fatal(err)
		}
		c := redis.NewClient(o)
		if err := c.Set(t.Context(), "k", "v", 0).Err(); err != nil {
			t.Fatal(err)
		}
		w.do(t, a)
		w.settle(t)
		n, err := c.Exists(t.Context(), "k").Result()
		c.Close()
		if (n == 1) != (name == "a volume") || err != nil {
			t.Errorf("%s: afterwards there are %d of 1, %v", name, n, err)
		}
		if got := w.of(history.Delivery); len(got) != 1 || got[0].Value != 1 {
			t.Errorf("%s: delivery %v, want one of 1", name, got)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
}

// An image with a layer that is too much is told from one without.
func TestAComposeFileIsALabOfImagesOfAnySize(t *testing.T) {
	if testing.Short() {
		t.Skip("left to .ci/run: 10 seconds")
	}
	text, err := os.ReadFile(ownStack(t))
	if err != nil {
		t.Fatal(err)
	}
	const padded, padding = "bench/padded:test", 120 << 20
	dir := t.TempDir()
	for name, content := range map[string][]byte{"Dockerfile": []byte("FROM bench/bench:latest\nCOPY padding /\n"), "padding": bytes.Repeat([]byte{1}, padding)} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("docker", "build", "--tag", padded, dir).CombinedOutput(); err != nil {
		t.Fatalf("docker build: %v: %s", err, out)
	}
	t.Cleanup(func() { exec.Command("docker", "image", "rm", padded).Run() })
	size := func(image string) int64 {
		s := spec(t)
		s.Compose, s.Redis, s.ReadyIn = filepath.Join(t.TempDir(), "own.yml"), "", 30*time.Second
		if err := os.WriteFile(s.Compose, bytes.ReplaceAll(text, []byte("bench/bench:latest"), []byte(image)), 0o600); err != nil {
			t.Fatal(err)
		}
		w := open(t, s)
		w.fresh(t, nil)
		name, n, err := container.Image(w.Arms()[0].Instances[0].Container)
		if err != nil || name != image {
			t.Fatalf("it runs from %s, %v; want %s", name, err, image)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		return n
	}
	if small, large := size("bench/bench:latest"), size(padded); small > 100<<20 || large-small != padding {
		t.Errorf("%d bytes, and %d with %d more", small, large, padding)
	}
}

// A dependency that ends by itself is told with its name.
func TestAContainerThatDiesIsTold(t *testing.T) {
	machinetest.Redis(t, "container")
	s := spec(t)
	s.Redis = "container"
	w := open(t, s)
	w.fresh(t, nil)
	for _, id := range strings.Fields(containers(t, theToken(os.TempDir()))) {
		if err := exec.Command("docker", "kill", id).Run(); err != nil {
			t.Fatal(err)
		}
	}
	machinetest.Until(t, "its end is seen", 5*time.Second, func() bool { return w.Died() != nil })
	if err := w.Died(); !strings.Contains(err.Error(), "hardened-redis exited by itself (exit status 137)") {
		t.Errorf("Died says %v", err)
	}
}

// A harness on a stack is killed at random moments, from its start on.
func TestAKilledHarnessLeavesNothingOfAStack(t *testing.T) {
	if testing.Short() {
		t.Skip("left to .ci/run: 10 seconds")
	}
	file := ownStack(t)
	somebodysContainer(t)
	abs, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	const kills = 3
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for n := range kills {
		cmd, tmp, _ := beginHarness(t, "COMPOSE="+abs)
		after := time.Duration(random.IntN(8000)) * time.Millisecond
		select {
		case <-t.Context().Done():
		case <-time.After(after):
		}
		token := theToken(tmp)
		there := len(marked(t, token))
		cmd.Process.Signal(syscall.SIGKILL)
		cmd.Wait()
		t.Logf("kill %d after %v: %d containers, networks and volumes were there", n+1, after, there)
		machinetest.Until(t, "its directory is gone", 40*time.Second, func() bool {
			left, err := filepath.Glob(filepath.Join(tmp, "*"))
			return err == nil && len(left) == 0
		})
		if token == "" {
			continue // it had not begun
		}
		machinetest.Until(t, "its stack is gone", 40*time.Second, func() bool { return len(marked(t, token)) == 0 })
		time.Sleep(2 * time.Second) // what the engine was asked for may come late
		if left := marked(t, token); len(left) > 0 {
			t.Fatalf("kill %d after %v: left: %q", n+1, after, slices.Compact(left))
		}
	}
}
