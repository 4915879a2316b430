package limit_test

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/trektribe/bench/target/limit"
	"github.com/trektribe/bench/target/redistest"
)

// The document's flaws are what the harness is to find: they must not be mended by accident.

func TestDocumentedRenewsTheWindowWithEachRequest(t *testing.T) {
	m := miniredis.RunT(t) // time stands still until FastForward
	l := documented(t, m.Addr(), limit.Rule{Limit: 5, Window: 900 * time.Second})
	for range 4 {
		l.Take(t.Context(), "192.0.2.1")
		if ttl := m.TTL("rate_limit:192.0.2.1"); ttl != 900*time.Second {
			t.Errorf("expires in %v, want 900s", ttl)
		}
		m.FastForward(800 * time.Second)
	}
	// 40 minutes after the first, and with never two of them in one window's last 100 s.
	l.Take(t.Context(), "192.0.2.1")
	if d := l.Take(t.Context(), "192.0.2.1"); d.Allowed || d.Retry != 900*time.Second {
		t.Errorf("the sixth request in an hour: %+v, want it refused for 15 minutes", d)
	}
	m.FastForward(900 * time.Second)
	if d := l.Take(t.Context(), "192.0.2.1"); !d.Allowed || d.Remaining != 4 {
		t.Errorf("after 15 minutes of silence: %+v", d)
	}
}

func TestDocumentedReadsBeforeItWrites(t *testing.T) {
	m := redistest.Start(t)
	l := documented(t, m.Addr(), limit.Rule{Limit: 100, Window: time.Hour})
	for n := 1; ; n++ { // most of them at the same time read the same count
		if together(t, "192.0.2.1", 128, l); m.Exists("rate_limit:192.0.2.1") {
			count, err := m.Get("rate_limit:192.0.2.1")
			if err != nil {
				t.Fatal(err)
			}
			if count != "100" {
				return
			}
		}
		if n == 20 {
			t.Fatal("128 requests at a time were counted right, 20 times")
		}
		m.Del("rate_limit:192.0.2.1")
	}
}

func TestDocumentedForgetsWhatItCountedWithoutRedis(t *testing.T) {
	m := redistest.Start(t)
	l := documented(t, m.Addr(), limit.Rule{Limit: 5, Window: time.Hour})
	if n := admitted(t, l, "192.0.2.1", 5); n != 5 {
		t.Errorf("let %d through, want 5", n)
	}
	m.SetError("LOADING")
	if n := admitted(t, l, "192.0.2.1", 9); n != 5 {
		t.Errorf("without Redis: let %d through, want 5 more", n)
	}
	m.SetError("")
	if n := admitted(t, l, "192.0.2.1", 1); n != 0 {
		t.Error("with Redis again: let another through")
	}
}
