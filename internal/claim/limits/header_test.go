package limits_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
)

func TestHeadersAreReadInEveryForm(t *testing.T) {
	epoch := time.Date(2031, 4, 5, 6, 7, 8, 0, time.UTC)
	for _, tt := range []struct {
		first, second string
		lies          string // empty: none
	}{
		{"x-ratelimit-limit=3\nx-ratelimit-remaining=2", "x-ratelimit-limit=3\nx-ratelimit-remaining=1", ""},
		{"x-ratelimit-limit=3\nx-ratelimit-remaining=2", "x-ratelimit-limit=3\nx-ratelimit-remaining=2", "header-lies/remaining-too-many"},
		{"ratelimit-limit=4\nratelimit-remaining=2", "ratelimit-remaining=1", "header-lies/limit-differs"},
		{"ratelimit=limit=3, remaining=2, reset=1", "ratelimit=limit=3, remaining=1, reset=1", ""},
		{`ratelimit="default";r=2;t=1`, `ratelimit="default";r=0;t=1`, "header-lies/remaining-too-few"},
		{"x-ratelimit-reset=" + fmt.Sprint(epoch.Unix()+1), "", ""},
		{"x-ratelimit-reset=" + fmt.Sprint(epoch.Unix()+5), "", "header-lies/reset-beyond-one-window"},
		{"x-ratelimit-reset=" + fmt.Sprint(epoch.UnixMilli()+9000), "", "header-lies/reset-beyond-one-window"},
		{"ratelimit-reset=5", "", "header-lies/reset-beyond-one-window"},
		{"x-ratelimit-limit=3, 3;w=900", "x-ratelimit-remaining=soon", ""},
	} {
		w := world{events: []history.Event{{Kind: history.Wall, Detail: epoch.Format(time.RFC3339Nano)}}}
		w.ask("trips", "a", 0, 200).Headers = tt.first
		w.ask("trips", "a", 10, 200).Headers = tt.second
		v := w.must(t, "trips").Lying()
		if got := strings.Join(codes(v), " "); v.None != nil || got != tt.lies {
			t.Errorf("%q, then %q: %v %q, want %q", tt.first, tt.second, v.None, got, tt.lies)
		}
		// Two that are told the same count: no counter does that, and Porcupine shows it.
		if tt.lies == "header-lies/remaining-too-many" {
			if notes := strings.Join(v.Notes, " "); !strings.Contains(notes, "of 1 window 0 can be those of one counter, and 1 cannot") || !bytes.Contains(v.Findings[0].Picture, []byte("<svg")) {
				t.Errorf("%q, then %q: notes %q, and a picture of %d bytes", tt.first, tt.second, notes, len(v.Findings[0].Picture))
			}
		}
	}
	var w world
	w.ask("trips", "a", 0, 200).Headers = "x-other=1\nx-ratelimit-limit=many"
	if v := w.must(t, "trips").Lying(); v.None == nil || !strings.Contains(v.None.Why, "no answer of trips had a header about the limit") {
		t.Errorf("without headers: %+v", v)
	}
}
