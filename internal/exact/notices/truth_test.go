package notices_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/exact/evidence"
	"github.com/trektribe/bench/internal/exact/notices"
)

// A model is a service with known errors: it takes each notification over at an instant, in that order, and delivers it to
// whoever is attached then.
type model struct {
	rng                    *rand.Rand
	lose, twice, late      float64
	notices                []notices.Notice
	sockets                []notices.Socket
	messages               []notices.Message
	lost, doubled, swapped int
}

const within = 30

// play publishes n notifications, each after the one before, or overlapping.
func (m *model) play(n, overlap int) {
	end := 10*n + 200
	for i := range 6 {
		from := m.rng.IntN(5 * n)
		s := notices.Socket{Name: fmt.Sprint("s", i), User: fmt.Sprint("u", i%2), Instance: "1", Sent: time.Duration(from - 3), Attached: time.Duration(from), End: notices.Never}
		if i%3 == 0 {
			s.End = time.Duration(from + m.rng.IntN(5*n))
		}
		m.sockets = append(m.sockets, s)
	}
	for i := range n {
		taken := 10*(i+1) + m.rng.IntN(3)
		p := notices.Notice{ID: fmt.Sprint("n", i), User: fmt.Sprint("u", m.rng.IntN(2)), Publisher: fmt.Sprint("p", m.rng.IntN(2)), Instance: "1",
			Call: evidence.Call{Sent: time.Duration(taken - m.rng.IntN(overlap+1)), Done: time.Duration(taken + m.rng.IntN(overlap+1)), Fate: evidence.Acknowledged}}
		comes := true
		switch m.rng.IntN(10) {
		case 0:
			p.Fate, comes = evidence.Refused, false
		case 1:
			p.Fate, comes = evidence.Unanswered, m.rng.IntN(2) == 0
		}
		m.notices = append(m.notices, p)
		if comes {
			m.deliver(p, taken, end)
		}
	}
}

func (m *model) deliver(p notices.Notice, taken, end int) {
	for _, s := range m.sockets {
		open := func(t int) bool { return t >= int(s.Attached)-1 && time.Duration(t) < s.End && t < end }
		if s.User != p.User || !open(taken) {
			continue
		}
		if m.rng.Float64() < m.lose {
			m.lost++
			continue
		}
		at := taken + 5
		if m.rng.Float64() < m.late { // others overtake it
			at += 1 + m.rng.IntN(60)
			m.swapped++
		}
		for i := range 2 {
			if i > 0 && m.rng.Float64() >= m.twice || !open(at+i) {
				break
			}
			m.messages = append(m.messages, notices.Message{Socket: s.Name, ID: p.ID, At: time.Duration(at + i)})
			m.doubled += i
		}
	}
}

func TestAReportNeverExceedsTheTruth(t *testing.T) {
	found := 0
	for seed := range uint64(2000) {
		rng := rand.New(rand.NewPCG(seed, 6))
		m := &model{rng: rng}
		if seed%3 > 0 {
			m.lose, m.twice, m.late = 0.1*float64(rng.IntN(2)), 0.1*float64(rng.IntN(2)), 0.1*float64(rng.IntN(2))
		}
		m.play(60, []int{0, 4, 40}[rng.IntN(3)])
		r := notices.Check(m.notices, m.sockets, m.messages, notices.Terms{Within: within, Notice: 3, Until: 800})
		found += r.Lost.Count + r.Doubled.Count + r.Misordered.Count
		if r.Lost.Count > m.lost+m.swapped || r.Doubled.Count != m.doubled || r.Phantoms.Count > 0 || m.swapped == 0 && r.Misordered.Count > 0 {
			t.Fatalf("seed %d: %s; the truth: lost %d, doubled %d, delayed %d", seed, summary(r), m.lost, m.doubled, m.swapped)
		}
	}
	if found < 2000 {
		t.Errorf("only %d errors were found in all", found)
	}
}

// TestTheOrderIsThatOfEveryPair holds what is out of order against all pairs of messages, and what is due against all pairs
// of notification and socket.
func TestTheOrderIsThatOfEveryPair(t *testing.T) {
	for seed := range uint64(2000) {
		m := &model{rng: rand.New(rand.NewPCG(seed, 7)), late: 0.3, lose: 0.1, twice: 0.1}
		m.play(12, []int{0, 4, 40}[seed%3])
		terms := notices.Terms{Within: within, Until: 300}
		r := notices.Check(m.notices, m.sockets, m.messages, terms)
		misordered, lost, due := m.pairs(terms)
		if r.Misordered.Count != misordered || r.Lost.Count != lost || r.Due != due {
			t.Fatalf("seed %d: %s; of all pairs: misordered %d, lost %d of %d", seed, summary(r), misordered, lost, due)
		}
	}
}

func (m *model) pairs(terms notices.Terms) (misordered, lost, due int) {
	of := map[string]notices.Notice{}
	for _, n := range m.notices {
		of[n.ID] = n
	}
	for _, s := range m.sockets {
		var got []notices.Message // the first of each
		sorted := slices.SortedStableFunc(slices.Values(m.messages), func(a, b notices.Message) int { return cmp.Compare(a.At, b.At) })
		for _, x := range sorted {
			if x.Socket == s.Name && !slices.ContainsFunc(got, func(g notices.Message) bool { return g.ID == x.ID }) {
				got = append(got, x)
			}
		}
		for i, x := range got {
			a := of[x.ID]
			if a.Fate == evidence.Acknowledged && slices.ContainsFunc(got[:i], func(g notices.Message) bool {
				b := of[g.ID]
				return a.Publisher == b.Publisher && a.Done < b.Sent
			}) {
				misordered++
			}
		}
		for _, n := range m.notices {
			if n.User != s.User || n.Fate != evidence.Acknowledged || n.Sent <= s.Attached || n.Done+terms.Within > min(s.End, terms.Until) {
				continue
			}
			due++
			if !slices.ContainsFunc(got, func(g notices.Message) bool { return g.ID == n.ID && g.At <= n.Done+terms.Within }) {
				lost++
			}
		}
	}
	return misordered, lost, due
}
