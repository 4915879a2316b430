package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/machinetest"
)

// From an OpenAPI file to a verdict for a service with other paths, another shape and no metrics: two
// commands, of which the first says the second, and nothing is written by hand.
func TestAServiceWithOtherPathsIsJudgedAfterTwoCommands(t *testing.T) {
	machinetest.Need(t, "python3")
	if testing.Short() {
		t.Skip("it plays rounds for half a minute")
	}
	t.Parallel()
	began, dir, out := time.Now(), t.TempDir(), t.TempDir()
	const command = "python3 testdata/shop.py"
	api := filepath.Join(dir, "openapi.yaml")
	if err := os.WriteFile(api, []byte("servers: [{url: 'https://shop.example/v1'}]\npaths: {/products: {get: {}}, '/products/{sku}': {get: {}}}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	code, said, errs := bench("init", "--target-cmd", command, "--openapi", api, "--name", "shop", "--dir", dir)
	file, scenario := filepath.Join(dir, "shop.yaml"), filepath.Join(dir, "shop-outage.yaml")
	if code != 0 || !strings.Contains(said, "next: bench run --target-cmd '"+command+"' --contract "+file+" "+scenario+"\n") {
		t.Fatalf("exit %d, want 0 and the next command:\n%s%s", code, said, errs)
	}
	code, table, errs := bench("run", "--out", out, "--target-cmd", command, "--contract", file, scenario, "leaderboard")
	if code != exitHolds && code != exitUndecided {
		t.Fatalf("exit %d\n%s%s", code, table, errs)
	}
	got := results(t, filepath.Join(out, "latest"))
	for _, id := range []string{"outage.available", "outage.after"} {
		if r := got[[2]string{id, "service"}]; r.Verdict != claim.Holds && !busy(t, r) {
			t.Errorf("%s: %s because %q, want holds", id, r.Verdict, r.Because)
		}
	}
	// What is not mapped is not asked, and nothing is held against the service for it.
	const none = "the contract shop has no leaderboard (GET /api/leaderboard)"
	asked := 0
	for k, r := range got {
		if r.Scenario != "leaderboard" {
			continue
		}
		asked++
		if r.Verdict != claim.Inconclusive || !strings.Contains(r.Because, "the contract shop has no ") {
			t.Errorf("%s: %s because %q, want undecided: %s", k[0], r.Verdict, r.Because, none)
		}
	}
	report, err := os.ReadFile(filepath.Join(out, "latest", "report.md"))
	if err != nil || asked == 0 || !strings.Contains(string(report), none) {
		t.Errorf("%d claims of the leaderboard, %v; the report does not say %q", asked, err, none)
	}
	if took := time.Since(began); took > 5*time.Minute {
		t.Errorf("it took %v, want at most 5 minutes", took)
	}
}

func TestInitRefuses(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(dir, "there.yaml")
	if err := os.WriteFile(there, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, "which service? Give --target-cmd CMD, or --target-url URL"},
		{[]string{"shop"}, `init takes no arguments, got "shop"`},
		{[]string{"--contract", there}, "init writes a contract, and takes none"},
		{[]string{"--target-cmd", "true", "--name", "there", "--dir", dir}, "there.yaml is there already"},
		{[]string{"--target-cmd", "true", "--name", "a/b"}, "want a letter"},
		{[]string{"--target-cmd", "true", "--openapi", "none.yaml", "--dir", dir}, "--openapi: "},
		{[]string{"--target-cmd", "true", "--openapi", there, "--dir", dir}, "it has no paths"},
		{[]string{"--target-cmd", "false", "--dir", dir}, "if it takes its port from elsewhere than PORT, put {port} into --target-cmd"},
		{[]string{"--target-url", "http://192.0.2.1", "--dir", dir}, "allow-host"},
	} {
		code, _, errs := bench(append([]string{"init"}, tt.args...)...)
		if code != exitCannotRun || !strings.Contains(errs, tt.want) {
			t.Errorf("bench init %v: exit %d, %q; want %d and …%s…", tt.args, code, errs, exitCannotRun, tt.want)
		}
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("%d files, want none but the one that was there", len(files))
	}
}

// Whoever makes a first contract is told at once what would leave every claim undecided.
func TestInitTellsThatTheRedisOfItsURLIsNotUsed(t *testing.T) {
	t.Parallel()
	machinetest.Need(t, "python3")
	for command, told := range map[string]bool{"python3 testdata/service.py": true, "python3 testdata/shop.py": false} {
		code, said, errs := bench("init", "--target-cmd", command, "--dir", t.TempDir())
		if code != 0 || strings.Contains(said, "The service said nothing to the Redis of its REDIS_URL: ") != told {
			t.Errorf("%s: exit %d, told %v, want %v\n%s%s", command, code, !told, told, said, errs)
		}
	}
}

func TestAContractIsShownAndItsMistakesAreTold(t *testing.T) {
	dir := t.TempDir()
	good, wrong := filepath.Join(dir, "good.yaml"), filepath.Join(dir, "wrong.yaml")
	for file, text := range map[string]string{
		good:  "name: shop\nheaders: {X-Key: hush}\ncalls: {trips: {call: GET /list, items: data}}\n",
		wrong: "name: shop\ncalls: {tips: GET /list}\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	code, out, errs := bench("plan", "--contract", good, "redis-outage")
	for _, want := range []string{"trips: GET /api/trips ", "GET /list, headers X-Key", "items data", "not spoken",
		"redis-outage is played without trip: the contract shop has no trip (GET /api/trips/{id})", "fallback.outage"} {
		if code != 0 || !strings.Contains(out, want) || strings.Contains(out, "hush") {
			t.Errorf("exit %d, %s: it does not say %q, or shows a secret:\n%s", code, errs, want, out)
		}
	}
	for _, command := range [][]string{{"plan", "--contract", wrong}, {"run", "--contract", wrong, "trips"}} {
		code, _, errs := bench(command...)
		if code != exitCannotRun || !strings.Contains(errs, `wrong.yaml:2:9: unknown key "tips" of calls (did you mean trips?)`) {
			t.Errorf("bench %v: exit %d, %s", command, code, errs)
		}
	}
	code, _, errs = bench("run", "--out", dir, "--contract", good, "leaderboard")
	if code != exitCannotRun || !strings.Contains(errs, "the contract shop speaks nothing of what these scenarios ask") {
		t.Errorf("exit %d, %s; want that nothing is left", code, errs)
	}
}
