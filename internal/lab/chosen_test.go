package lab_test

import (
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/history"
)

// Canaries prove that the fault is on; that the service sends what it is for, they cannot.
func TestAFaultOfChosenCommandsIsDeliveredWhereTheServiceSendsSuch(t *testing.T) {
	for _, f := range []fault.Fault{
		{Kind: "error", Prefix: "cache:", Answer: "LOADING Redis is loading the dataset in memory"},
		{Kind: "late", Prefix: "cache:", Delay: 30 * time.Millisecond},
		{Kind: "mute", Prefix: "cache:"},
		{Kind: "lost", Prefix: "cache:"},
	} {
		for key, value := range map[string]float64{"cache:1": 1, "user:1": 0} {
			t.Run(f.Kind+" "+key, func(t *testing.T) {
				w := open(t, spec(t))
				w.fresh(t, nil)
				o, err := redis.ParseURL(environ(t, w.Arms()[0].Instances[0])["REDIS_URL"])
				if err != nil {
					t.Fatal(err)
				}
				o.MaxRetries, o.ReadTimeout = -1, 200*time.Millisecond
				c := redis.NewClient(o)
				defer c.Close()
				a := onRedis(f)
				if err := c.Get(t.Context(), "cache:1").Err(); err != redis.Nil {
					t.Fatal(err)
				}
				w.do(t, a)
				got := c.Get(t.Context(), key).Err() // what a client meets is the proxy's to test
				w.probed(t, a, 1)
				w.do(t, lifted(a))
				w.settle(t)
				all := w.of(history.Delivery)
				if len(all) != 1 || all[0].Value != value || (value == 0) != strings.Contains(all[0].Detail, "no command of the service was hit") {
					t.Errorf("GET %s met %v; delivery %+v, want one of %v", key, got, all, value)
				}
				if p := w.of(history.Problem); len(p) > 0 {
					t.Errorf("problems: %v", p)
				}
			})
		}
	}
}
