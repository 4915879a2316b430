package compose_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/lab/compose"
)

// shown is a Stack of a file that compose shows as the text: the only program on the PATH is a docker-compose that does.
func shown(t *testing.T, text string) (*compose.Stack, error) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "compose.yml")
	script := "#!/bin/sh\n[ $1 = version ] && exit 0\n/bin/cat " + file + "\n"
	for name, content := range map[string]string{"docker-compose": script, "compose.yml": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	return compose.Read(t.Context(), file)
}

// The same file, as version 1 and as version 2 of compose show it.
const (
	v1 = `services:
  api:
    depends_on:
      cache: {condition: service_healthy}
      db: {condition: service_started}
      toxi: {condition: service_started}
    environment: {REDIS_URL: "redis://:pa$$s@toxi:6379/3"}
    image: shop:1
    ports: [127.0.0.1:80:4000/tcp]
    restart: always
  cache: {image: "redis:7-alpine", container_name: cache, labels: {a: b}}
  db: {image: "mongo:6", depends_on: [files], networks: {inside: null}}
  files: {image: files, labels: {bench.renew: restart}}
  other: {image: "shop:1"}
  toxi: {image: toxiproxy, labels: {bench.role: other}}
networks:
  inside: {}
  outside: {external: true, name: outside}
version: '3.9'
volumes: {data: {}}
`
	v2 = `name: shop
services:
  api:
    depends_on:
      cache: {condition: service_healthy, required: true}
      db: {condition: service_started, required: true}
      toxi: {condition: service_started, required: true}
    environment: {REDIS_URL: "redis://:pa$$s@toxi:6379/3"}
    image: shop:1
    networks: {default: null}
    ports: [{mode: ingress, host_ip: 127.0.0.1, target: 4000, published: "80", protocol: tcp}]
  cache: {image: "redis:7-alpine", container_name: cache, labels: {a: b}}
  db: {image: "mongo:6", depends_on: {files: {condition: service_started}}, networks: {inside: null}}
  files: {image: files, labels: ["bench.renew=restart"]}
  other: {image: "shop:1"}
  toxi: {image: toxiproxy, labels: {bench.role: other}}
networks:
  default: {name: shop_default}
  inside: {name: shop_inside}
  outside: {external: true, name: outside}
volumes: {data: {name: shop_data}}
`
)

func TestWhoIsWhoInEitherVersion(t *testing.T) {
	for version, text := range map[string]string{"1": v1, "2": v2} {
		s, err := shown(t, text)
		if err != nil {
			t.Fatalf("version %s: %v", version, err)
		}
		if s.Redis != "cache" || s.Target != "api" || !slices.Equal(s.Needs, []string{"files", "db"}) || s.Password != "pa$s" || s.DB != 3 {
			t.Errorf("version %s: %+v", version, s)
		}
		if got := s.Images(); !slices.Equal(got, []string{"redis:7-alpine", "shop:1", "files", "mongo:6"}) {
			t.Errorf("version %s: images %q", version, got)
		}
		file := filepath.Join(t.TempDir(), "copy.yml")
		p, err := s.Project("bench-X", file, "bench.lease=T")
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		made := string(b)
		for _, not := range []string{"container_name", "restart: always", "published", "80:4000", "shop_", "name: shop"} {
			if strings.Contains(made, not) {
				t.Errorf("version %s: %q is in the copy, by which two arms would meet:\n%s", version, not, made)
			}
		}
		if n := strings.Count(made, "bench.lease: T"); n != 6+2+1 { // services, networks with the default one, and the volume; not what is outside
			t.Errorf("version %s: the copy has the mark %d times:\n%s", version, n, made)
		}
		if !strings.Contains(made, "name: outside") || !strings.Contains(made, "pa$$s") {
			t.Errorf("version %s: what is outside keeps its name, and $$ stays:\n%s", version, made)
		}
		for want, got := range map[string][]string{
			"docker-compose -p bench-x -f " + file + " up -d --no-deps files db":                                                      p.UpNeeds(),
			"docker-compose -p bench-x -f " + file + " restart --timeout 0 files":                                                     p.Renew(),
			"docker-compose -p bench-x -f " + file + " run --rm -T --no-deps --use-aliases --publish 127.0.0.1:7:6379 cache":          p.RunRedis(7),
			"docker-compose -p bench-x -f " + file + " run --rm -T --no-deps --publish 127.0.0.1:8:4000 -e REDIS_URL -e INSTANCE api": p.RunTarget(8, []string{"REDIS_URL", "INSTANCE"}),
			"bench-x_default": {p.Network()},
		} {
			if strings.Join(got, " ") != want {
				t.Errorf("version %s: %q, want %q", version, got, want)
			}
		}
	}
}

func TestAFileThatSaysTooLittleIsRefusedWithItsRemedy(t *testing.T) {
	const redis, api = "redis: {image: redis}\n", "api: {image: a, environment: {REDIS_URL: 'redis://redis:6379', PORT: 1}}\n"
	for _, row := range []struct{ services, want string }{
		{api, "no service is known to be the redis: give it the label bench.role: redis"},
		{redis, "no service is known to be the target: give it the label bench.role: target"},
		{redis + strings.Replace(redis, "redis:", "cache:", 1) + api, "several services may be the redis: cache, redis; give the right one the label bench.role: redis"},
		{redis + api + strings.Replace(api, "api:", "worker:", 1), "several services may be the target: api, worker;"},
		{redis + strings.Replace(api, "PORT: 1", "A: 1", 1), "service api: no port that it listens on: give it the variable PORT, or ports"},
		{redis + strings.Replace(api, "redis://", "rediss://", 1), "no REDIS_URL that can be read"},
		{redis + strings.Replace(api, "image: a", "build: .", 1), "service api has no image: give it a name (image:), and build it first"},
		{redis + strings.Replace(redis, "redis: {", "cache: {labels: ['bench.role=redis'], ", 1) + api, ""},
	} {
		text := "services:\n"
		for line := range strings.Lines(row.services) {
			text += "  " + line
		}
		_, err := shown(t, text)
		if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", text, err, row.want)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := compose.Read(t.Context(), "compose_test.go"); err == nil || !strings.Contains(err.Error(), "neither docker compose nor docker-compose is here: install one") {
		t.Errorf("without compose: %v", err)
	}
	if _, err := compose.Read(t.Context(), "nowhere.yml"); err == nil || !strings.Contains(err.Error(), "nowhere.yml: no such file") {
		t.Errorf("without the file: %v", err)
	}
}
