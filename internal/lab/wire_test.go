package lab_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/machinetest"
)

// What each service says to its Redis is told with its arm and instance, for each start, and without the password.
func TestTheWireOfEachPathIsTold(t *testing.T) {
	for _, kind := range []string{"embedded", "server"} {
		t.Run(kind, func(t *testing.T) {
			if kind == "server" {
				machinetest.Need(t, "redis-server")
			}
			var mu sync.Mutex
			var told []history.Command
			s := spec(t)
			s.Redis, s.Instances = kind, 2
			s.Arms = append(s.Arms, lab.ArmSpec{Name: "documented"})
			s.Wire = func(c history.Command) {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, c)
			}
			w := open(t, s)
			w.fresh(t, nil)
			w.fresh(t, nil)
			want := []string{"documented 1", "documented 1", "documented 2", "documented 2", "hardened 1", "hardened 1", "hardened 2", "hardened 2"}
			starts := func() (who []string) {
				mu.Lock()
				defer mu.Unlock()
				for _, c := range told {
					if c.Name == "INCR" && c.Key == "starts" && c.Reply == history.ReplyInteger && c.Answered >= c.Sent && c.Sent > 0 {
						who = append(who, c.Arm+" "+c.Instance)
					}
				}
				return slices.Sorted(slices.Values(who))
			}
			machinetest.Until(t, "every start is told", 5*time.Second, func() bool { return slices.Equal(starts(), want) })
			var watched []string
			for _, e := range w.of(history.Wire) {
				if e.Name == history.WireWatched && e.On == "redis" {
					watched = append(watched, e.Arm+" "+e.Instance)
				}
			}
			if slices.Sort(watched); !slices.Equal(watched, want) {
				t.Errorf("watched: %q, want %q", watched, want)
			}
			at, err := url.Parse(environ(t, w.Arms()[0].Instances[0])["REDIS_URL"])
			if err != nil {
				t.Fatal(err)
			}
			password, _ := at.User.Password()
			mu.Lock()
			defer mu.Unlock()
			if all := fmt.Sprintf("%+v", told); password == "" || strings.Contains(all, password) {
				t.Errorf("the password %q is in what is told", password)
			}
		})
	}
}
