package mutant_test

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// exactSymptoms show what the mutants of counts break, but for the limiter's; none may show on the whole service.
var exactSymptoms = map[string]func(*twin) bool{
	"board-lost": func(w *twin) bool {
		w.top(0)
		w.top(1)
		const n = 20
		for round := range 10 {
			organizer := fmt.Sprint("o", round)
			var together sync.WaitGroup
			for i := range n {
				together.Go(func() { w.book(i%2, fmt.Sprint(organizer, " ", i), organizer) })
			}
			if together.Wait(); w.score(0, organizer) < n {
				return true
			}
		}
		return false
	},
	"board-doubled": func(w *twin) bool {
		w.top(0)
		for range 3 {
			w.book(0, "1", "a")
		}
		return w.score(0, "a") == 3
	},
	"board-stale": func(w *twin) bool {
		w.book(0, "0", "a")
		w.top(0)
		w.redis.SetError("LOADING")
		for i := range 5 {
			w.book(0, strconv.Itoa(i+1), "a")
		}
		w.redis.SetError("")
		return w.score(0, "a") < 6
	},
	"board-by-id": func(w *twin) bool {
		for i, of := range []string{"a", "b", "b"} {
			w.book(0, strconv.Itoa(i), of)
		}
		return w.top(0)[0].OrganizerID == "a"
	},
	"session-no-lease":   (*twin).ghosts,
	"session-renews-all": (*twin).ghosts,
	"session-no-ping": func(w *twin) bool {
		w.dial(0) // and reads nothing, so that it answers no ping
		return w.stays(0, 1)
	},
	"session-told-once": func(w *twin) bool {
		w.connect(0)
		if w.online(1) != 1 {
			w.t.Error("the session is not shown at first")
		}
		w.redis.FlushAll()
		return w.stays(1, 0)
	},
	"session-clears": func(w *twin) bool {
		w.connect(0)
		if w.online(1) != 1 {
			w.t.Error("the session is not shown at first")
		}
		w.connect(1)
		return w.online(1) == 1 // its own
	},
	"session-forgets": func(w *twin) bool {
		w.connect(0)
		if w.online(1) != 1 {
			w.t.Error("the session is not shown at first")
		}
		shown := func(from string) func() bool {
			return func() bool {
				_, source := w.call(0, "GET", "/api/users/7/sessions", "", new(any), long)
				return source == from
			}
		}
		w.relays[0].Refuse()
		w.within(long, shown("memory"))
		w.relays[0].Listen()
		w.within(long, shown("redis"))
		return w.within(5*lease, func() bool { return w.online(1) == 0 }) && w.stays(1, 0)
	},
	"session-unbounded": func(w *twin) bool {
		w.online(0) // the connection is there
		w.relays[0].Stall()
		defer w.relays[0].Resume()
		var answer any
		status, _ := w.call(0, "GET", "/api/users/7/sessions", "", &answer, 2*time.Second)
		return status == 0
	},
	"notify-deaf": func(w *twin) bool {
		l := w.connect(1)
		w.relays[1].Refuse()
		w.relays[1].Listen()
		return !w.reaches(l)
	},
	"notify-gap": func(w *twin) bool {
		l := w.connect(1)
		w.relays[1].Refuse()
		w.notify(0, "in the gap")
		w.relays[1].Listen()
		return w.reaches(l) && l.count("in the gap") == 0
	},
	"notify-twice": func(w *twin) bool {
		l := w.connect(1)
		w.relays[1].Refuse()
		w.relays[1].Listen()
		if !w.reaches(l) {
			w.t.Error("nobody has subscribed again")
		}
		w.notify(0, "once")
		w.notify(0, "last")
		w.within(long, func() bool { return l.count("last") > 0 })
		return l.count("once") == 2
	},
	"notify-strangers": func(w *twin) bool {
		l := w.connect(1)
		w.notify(0, "first")
		var answer any
		w.call(0, "POST", "/api/notifications", `{"id":"for another","userId":"8","text":"x"}`, &answer, long)
		w.notify(0, "last")
		w.within(long, func() bool { return l.count("last") > 0 })
		return l.count("for another") > 0
	},
	"notify-early": func(w *twin) bool {
		l := w.connect(1)
		w.notify(0, "early")
		w.relays[0].Refuse() // as if it had died
		return !w.within(time.Second, func() bool { return l.count("early") > 0 })
	},
	"notify-copies": func(w *twin) bool {
		a, b := w.connect(0), w.connect(1)
		w.notify(0, "once")
		if w.within(time.Second, func() bool { return a.count("once") == 2 && b.count("once") == 2 }) {
			return true
		}
		if a.count("once") != 1 || b.count("once") != 1 {
			w.t.Errorf("%d and %d copies", a.count("once"), b.count("once"))
		}
		return false
	},
	"notify-order": func(w *twin) bool {
		l := w.connect(1)
		var want []string
		for i := range 8 {
			want = append(want, fmt.Sprint(i))
			w.notify(i%2, want[i])
		}
		w.within(long, func() bool { return len(l.got()) >= len(want) })
		return !slices.Equal(l.got(), want)
	},
}

func TestMutantsOfCountsShowTheirSymptomAndTheWholeServiceNone(t *testing.T) {
	for name, shows := range exactSymptoms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !shows(openTwin(t, name, false)) {
				t.Error("the mutant does not show its symptom")
			}
			if shows(openTwin(t, name, true)) {
				t.Error("the whole service shows it too")
			}
		})
	}
}
