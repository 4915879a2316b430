package notices_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/exact/evidence"
	"github.com/trektribe/bench/internal/exact/notices"
)

const ms = time.Millisecond

func at(n int) time.Duration { return time.Duration(n) * ms }

func sent(id string, from, done int) notices.Notice {
	return notices.Notice{ID: id, User: "u", Publisher: "p", Instance: "1", Call: evidence.Call{Sent: at(from), Done: at(done), Fate: evidence.Acknowledged}}
}

func fate(n notices.Notice, f evidence.Fate) notices.Notice {
	n.Fate = f
	return n
}

func by(publisher string, n notices.Notice) notices.Notice {
	n.Publisher = publisher
	return n
}

// socket is attached for user u from an instant on.
func socket(name string, from int) notices.Socket {
	return notices.Socket{Name: name, User: "u", Client: "c", Instance: "2", Sent: at(from - 1), Attached: at(from), End: notices.Never}
}

func ended(s notices.Socket, end int, closed bool) notices.Socket {
	s.End, s.Closed = at(end), closed
	return s
}

// came are messages on socket s: "a10 b12" are a at 10 ms and b at 12 ms.
func came(s, text string) (all []notices.Message) {
	for _, word := range strings.Fields(text) {
		var n int
		fmt.Sscan(word[1:], &n)
		all = append(all, notices.Message{Socket: s, ID: word[:1], At: at(n)})
	}
	return all
}

func TestWhatMessagesProve(t *testing.T) {
	terms := notices.Terms{Within: 20 * ms, Notice: 5 * ms, Until: 200 * ms}
	one := []notices.Socket{socket("s", 5)}
	for _, tt := range []struct {
		name    string
		sent    []notices.Notice
		sockets []notices.Socket
		came    []notices.Message
		want    string
	}{
		{"nothing", nil, nil, nil, "due 0"},
		{"delivered", []notices.Notice{sent("a", 10, 12), sent("b", 14, 16)}, one, came("s", "a11 b36"), "due 2"},
		{"lost", []notices.Notice{sent("a", 10, 12), sent("b", 14, 16)}, one, came("s", "b15"), "due 2, lost 1"},
		{"late", []notices.Notice{sent("a", 10, 12)}, one, came("s", "a33"), "due 1, lost 1 for 21ms"},
		{"not acknowledged", []notices.Notice{fate(sent("a", 10, 12), evidence.Unanswered), fate(sent("b", 10, 12), evidence.Refused)}, one, nil, "due 0"},
		{"not acknowledged, and came", []notices.Notice{fate(sent("a", 10, 12), evidence.Unanswered)}, one, came("s", "a90"), "due 0"},
		{"refused, and came", []notices.Notice{fate(sent("a", 10, 12), evidence.Refused)}, one, came("s", "a90"), "due 0, phantoms 1"},
		{"sent while the socket opened", []notices.Notice{sent("a", 5, 12)}, one, nil, "due 0"},
		{"another user's", []notices.Notice{{ID: "a", User: "v", Call: evidence.Call{Sent: at(10), Done: at(12), Fate: evidence.Acknowledged}}}, one, came("s", "a13"), "due 0, phantoms 1"},
		{"before it was sent", []notices.Notice{sent("a", 10, 12)}, one, came("s", "a9 a11"), "due 1, phantoms 1"},
		{"twice", []notices.Notice{sent("a", 10, 12)}, one, came("s", "a11 a12 a90"), "due 1, doubled 2"},
		{"sent twice, and came twice", []notices.Notice{sent("a", 10, 12), sent("a", 20, 22)}, one, came("s", "a11 a21"), "due 1, doubled 1"},
		{"at an attached one's end", []notices.Notice{sent("a", 10, 12)}, []notices.Socket{ended(socket("s", 5), 32, false)}, nil, "due 1, lost 1"},
		{"too near the end", []notices.Notice{sent("a", 10, 12)}, []notices.Socket{ended(socket("s", 5), 31, false)}, nil, "due 0"},
		{"closed by the service", []notices.Notice{sent("a", 10, 12)}, []notices.Socket{ended(socket("s", 5), 36, true)}, nil, "due 0"},
		{"never attached", []notices.Notice{sent("a", 10, 12)}, []notices.Socket{{Name: "s", User: "u", Attached: notices.Never, End: notices.Never}}, nil, "due 0"},
		{"too near the end of all", []notices.Notice{sent("a", 170, 181)}, one, nil, "due 0"},
		{"out of order", []notices.Notice{sent("a", 10, 12), sent("b", 13, 14), sent("c", 15, 16)}, one, came("s", "c17 a18 b19"), "due 3, misordered 2"},
		{"at the same time", []notices.Notice{sent("a", 10, 14), sent("b", 13, 16)}, one, came("s", "b17 a18"), "due 2"},
		{"of two publishers", []notices.Notice{sent("a", 10, 12), by("q", sent("b", 13, 14))}, one, came("s", "b17 a18"), "due 2"},
		{"not acknowledged, and overtaken", []notices.Notice{fate(sent("a", 10, 12), evidence.Unanswered), sent("b", 13, 14)}, one, came("s", "b17 a18"), "due 1"},
		{"went back", []notices.Notice{sent("a", 10, 12), sent("b", 13, 14)}, one, came("s", "a13 b15 a16"), "due 2, doubled 1, back 1"},
		{"two sockets", []notices.Notice{sent("a", 10, 12)}, []notices.Socket{socket("s", 5), {Name: "t", User: "u", Attached: at(5), End: notices.Never}}, came("s", "a13"), "due 2, lost 1"},
		{"in a gap", []notices.Notice{sent("a", 35, 37), sent("b", 40, 42), sent("c", 50, 66)}, []notices.Socket{ended(socket("s", 5), 30, true), socket("t", 60)}, came("t", "b61"),
			"due 0, gap of 30ms"},
		{"no gap", nil, []notices.Socket{ended(socket("s", 5), 70, false), socket("t", 60)}, nil, "due 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := summary(notices.Check(tt.sent, tt.sockets, tt.came, terms)); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// summary lists the findings that are not empty.
func summary(r notices.Report) string {
	parts := []string{fmt.Sprint("due ", r.Due)}
	for _, f := range []struct {
		name string
		evidence.Finding
	}{{"lost", r.Lost}, {"doubled", r.Doubled}, {"misordered", r.Misordered}, {"phantoms", r.Phantoms}, {"back", r.Back}} {
		if f.Count == 0 {
			continue
		}
		text := fmt.Sprint(f.name, " ", f.Count)
		if f.Longest > 0 {
			text += fmt.Sprint(" for ", f.Longest)
		}
		parts = append(parts, text)
	}
	for _, g := range r.Gaps {
		parts = append(parts, fmt.Sprintf("gap of %v", g.Until-g.From))
	}
	return strings.Join(parts, ", ")
}

func TestDelaysHaveTwoEnds(t *testing.T) {
	got := notices.Check([]notices.Notice{sent("a", 10, 12), sent("b", 20, 30), fate(sent("c", 40, 42), evidence.Unanswered)},
		[]notices.Socket{socket("s", 5)}, came("s", "a15 b22 c50 a60"), notices.Terms{Until: at(100)}).Delays
	want := []notices.Delay{{3 * ms, 5 * ms}, {0, 2 * ms}, {0, 10 * ms}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestWitnessesNameTheNotification(t *testing.T) {
	r := notices.Check([]notices.Notice{sent("a", 10, 12), sent("b", 20, 22), sent("c", 30, 32)}, []notices.Socket{socket("s", 5)},
		came("s", "b23 a24 a25 x26"), notices.Terms{Within: 20 * ms, Until: at(100)})
	for _, tt := range []struct {
		of   evidence.Finding
		want string
	}{
		{r.Lost, "socket s on instance 2 gets c of p from instance 1 not, though attached until 68ms after its acknowledgement"},
		{r.Misordered, "socket s on instance 2 gets a, a of p, sent 14ms and acknowledged 12ms before, after b of p, sent 4ms and acknowledged 2ms before"},
		{r.Doubled, "socket s on instance 2 gets a, which had come 1ms before"},
		{r.Phantoms, "socket s on instance 2 gets x, which nobody had sent by then"},
	} {
		if len(tt.of.Witnesses) != 1 || tt.of.Witnesses[0].Text != tt.want {
			t.Errorf("%s: %+v, want %q", tt.of.Code, tt.of.Witnesses, tt.want)
		}
	}
}
