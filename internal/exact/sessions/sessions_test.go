package sessions_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/exact/evidence"
	"github.com/trektribe/bench/internal/exact/sessions"
)

const ms = time.Millisecond

func at(n int) time.Duration { return time.Duration(n) * ms }

// open is a session of user u on instance 1 that stays.
func open(id string, sent, acked int) sessions.Session {
	return sessions.Session{ID: id, User: "u", Instance: "1", Sent: at(sent), Open: at(acked), End: sessions.Never}
}

func left(s sessions.Session, end int) sessions.Session {
	s.End = at(end)
	return s
}

func closed(s sessions.Session, end int) sessions.Session {
	s.End, s.Closed = at(end), true
	return s
}

func lost(s sessions.Session) sessions.Session {
	s.Open = sessions.Never
	return s
}

// read is a reading of instance 1 that takes 1 ms.
func read(sent int, shown string) sessions.Read { return readOf("1", sent, shown) }

func readOf(instance string, sent int, shown string) sessions.Read {
	return sessions.Read{User: "u", Instance: instance, Sent: at(sent), Done: at(sent + 1), Shown: strings.Fields(shown)}
}

func TestWhatReadingsProve(t *testing.T) {
	const notice = 20
	for _, tt := range []struct {
		name  string
		all   []sessions.Session
		reads []sessions.Read
		want  string
	}{
		{"nothing", nil, nil, ""},
		{"shown", []sessions.Session{open("a", 0, 10)}, []sessions.Read{read(5, ""), read(10, ""), read(11, "a"), read(50, "a")}, ""},
		{"never shown", []sessions.Session{open("a", 0, 10)}, []sessions.Read{read(11, ""), read(50, "")}, "absent 1 for 38ms, lost 1"},
		{"put right", []sessions.Session{open("a", 0, 10)}, []sessions.Read{read(11, ""), read(30, ""), read(40, "a"), read(50, ""), read(51, "a")}, "absent 1 for 18ms"},
		{"one instance lacks it", []sessions.Session{open("a", 0, 10)},
			[]sessions.Read{readOf("1", 20, "a"), readOf("2", 21, ""), readOf("1", 30, "a"), readOf("2", 31, "")}, "absent 1 for 9ms"},
		{"all lack it in the end", []sessions.Session{open("a", 0, 10)},
			[]sessions.Read{readOf("1", 20, "a"), readOf("2", 21, ""), readOf("1", 30, ""), readOf("2", 31, "")}, "absent 1 for 9ms, lost 1"},
		{"an instance that is gone may have shown it for ever", []sessions.Session{open("a", 0, 10)}, []sessions.Read{readOf("1", 20, "a"), readOf("2", 30, "")}, "absent 1"},
		{"lacking, and ended before the last reading", []sessions.Session{left(open("a", 0, 10), 30)}, []sessions.Read{read(20, ""), read(40, "")}, "absent 1"},
		{"left", []sessions.Session{left(open("a", 0, 10), 30)}, []sessions.Read{read(29, ""), read(30, "a"), read(31, "")}, ""},
		{"haunts", []sessions.Session{left(open("a", 0, 10), 30)}, []sessions.Read{read(31, "a"), read(50, "a"), read(60, "")}, "ghosts 1 for 20ms"},
		{"closed, and may have ended before", []sessions.Session{closed(open("a", 0, 10), 50)}, []sessions.Read{read(29, ""), read(40, "")}, ""},
		{"closed, and cannot have ended so long before", []sessions.Session{closed(open("a", 0, 10), 50)}, []sessions.Read{read(28, "")}, "absent 1, lost 1"},
		{"closed, and haunts", []sessions.Session{closed(open("a", 0, 10), 50)}, []sessions.Read{read(60, "a")}, "ghosts 1 for 10ms"},
		{"may have opened", []sessions.Session{lost(open("", 0, 0))}, []sessions.Read{read(20, ""), read(30, "x")}, "strange 1"},
		{"an id that is used again", []sessions.Session{left(open("a", 0, 10), 30), open("a", 40, 50)}, []sessions.Read{read(35, "a"), read(45, "a"), read(60, "a")}, "ghosts 1 for 5ms"},
		{"another's", []sessions.Session{{ID: "a", User: "v", Open: at(10), End: sessions.Never}}, []sessions.Read{read(30, "a")}, "strange 1"},
		{"nameless", []sessions.Session{open("", 0, 10), open("", 0, 12)}, []sessions.Read{read(20, "x y"), read(30, "x"), read(40, "")}, "absent 2 for 30ms, strange 3"},
		{"nameless, and gone", []sessions.Session{left(open("", 5, 10), 20), left(open("", 5, 10), 30)},
			[]sessions.Read{read(0, ""), read(25, "x"), read(35, "x"), read(40, "x y")}, "ghosts 2 for 20ms, strange 4"},
		{"nameless, and others were there", []sessions.Session{left(open("", 5, 10), 20)}, []sessions.Read{read(0, "z"), read(25, "z"), read(30, "z x")}, "ghosts 1 for 10ms, strange 4"},
		{"nameless, and nobody knows who was there", []sessions.Session{left(open("", 5, 10), 20)}, []sessions.Read{read(25, "x")}, "strange 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := summary(sessions.Check(tt.all, tt.reads, notice*ms)); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// summary lists the findings that are not empty.
func summary(r sessions.Report) string {
	var parts []string
	for _, f := range []struct {
		name string
		evidence.Finding
	}{{"absent", r.Absent}, {"lost", r.Lost}, {"ghosts", r.Ghosts}, {"strange", evidence.Finding{Count: r.Strange}}} {
		if f.Count == 0 {
			continue
		}
		text := fmt.Sprint(f.name, " ", f.Count)
		if f.Longest > 0 {
			text += fmt.Sprint(" for ", f.Longest)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

func TestWitnessesNameTheSession(t *testing.T) {
	r := sessions.Check([]sessions.Session{open("a", 0, 10), left(open("b", 0, 10), 20)}, []sessions.Read{read(30, "b"), readOf("2", 40, "")}, 0)
	if got, want := r.Absent.Witnesses[0].Text, "instance 1 does not show session a of user u, which is open on instance 1 since 20ms before"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := r.Ghosts.Witnesses[0].Text, "instance 1 shows session b of user u: its client had left 10ms before"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if r.Sessions != 2 || r.Named != 2 || r.Ended != 1 || r.Open != 2 || r.Gone != 2 || r.Reads != 2 {
		t.Errorf("%+v", r)
	}
}
