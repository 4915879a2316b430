// Package limits asks the rate-limit oracle about one history, and says in words what
// it found.
//
// In go the events and requests of one history; out come the oracle's reports, and
// figures with their findings. It knows no claim, and holds nothing against a bound.
package limits

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/impact"
	"github.com/trektribe/bench/internal/claim/source"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/limit"
	"github.com/trektribe/bench/internal/traffic"
)

// A Log keeps the decisions of a history, whatever is asked about them, and each answer
// of the oracle. It costs some 150 bytes a request.
type Log struct {
	paths, forged map[string]string // of streams, as an expr.Scope has them
	ds            []limit.Decision  // their clients are those who really asked
	forgeries     []string          // by decision, where one has any: who its client claimed to be
	streams       []int16           // by decision
	names         []string          // of streams
	texts         map[string]string // each text once
	faults        []history.Event   // on Redis
	hurt          []history.Event   // instances
	ready         []history.Event
	outages       []*outage       // once a request is shown
	epoch         time.Duration   // of the run's clock, since 1970
	dated         bool            // the epoch is known
	refused       bool            // somebody was, of whatever stream
	instances     map[string]bool // that answered
	judged        map[string]*Judged
	limit         int // that the service was told to keep; 0: unknown
}

// NewLog is of a history whose streams have these paths, and forge clients as in forged. The service was told
// to keep limit, 0 if nobody knows.
func NewLog(paths, forged map[string]string, limit int) *Log {
	return &Log{paths: paths, forged: forged, limit: limit, texts: map[string]string{}, judged: map[string]*Judged{}, instances: map[string]bool{}}
}

// Event takes faults, restarts and the date.
func (l *Log) Event(e *history.Event) {
	switch {
	case impact.IsFault(e, source.Redis):
		l.faults = append(l.faults, *e)
	case impact.IsFault(e, "instance"):
		l.hurt = append(l.hurt, *e)
	case e.Kind == history.Process && e.Name == "ready":
		l.ready = append(l.ready, *e)
	case e.Kind == history.Wall:
		if t, err := time.Parse(time.RFC3339Nano, e.Detail); err == nil {
			l.epoch, l.dated = time.Duration(t.UnixNano())-e.At, true
		}
	}
}

// Request takes a decision: status 429 is a refusal, 2xx an admission. After any other
// answer, and after none, the request may have counted or not.
func (l *Log) Request(r *history.Request) {
	if r.Failure == history.Canceled || r.Sent == 0 {
		return
	}
	d := limit.Decision{Client: l.once(r.Client), Instance: l.once(r.Instance), Sent: r.Sent, Done: r.Done}
	switch {
	case r.Status == 429:
		d.Answer, l.refused = limit.Refused, true
	case r.Status >= 200 && r.Status <= 299:
		d.Answer = limit.Allowed
	}
	d.Header = l.header(r.Headers)
	l.instances[d.Instance] = true
	stream := slices.Index(l.names, r.Stream)
	if stream < 0 {
		stream = len(l.names)
		l.names = append(l.names, r.Stream)
	}
	if forged := l.forged[r.Stream]; forged != "" {
		l.forgeries = append(l.forgeries, make([]string, len(l.ds)-len(l.forgeries))...)
		l.forgeries = append(l.forgeries, l.once(claimed(forged, r)))
	}
	l.ds, l.streams = append(l.ds, d), append(l.streams, int16(stream))
	l.during(r.Instance, r.Done, func(u *impact.Usage) { u.Add(r) })
}

// Command takes what the service says to Redis: it tells when Redis is used again.
func (l *Log) Command(c *history.Command) {
	l.during(c.Instance, c.Sent, func(u *impact.Usage) { u.Command(c) })
}

// once keeps each text once: those of a history are new for every request.
func (l *Log) once(s string) string {
	if kept, ok := l.texts[s]; ok {
		return kept
	}
	s = strings.Clone(s)
	l.texts[s] = s
	return s
}

// claimed fills the template of a forged identity as the generator did.
func claimed(template string, r *history.Request) string {
	var out strings.Builder
	for _, part := range traffic.Split(template) {
		switch part {
		case "{id}", "{user}":
			out.WriteString(r.Key)
		case "{seq}", "{uuid}": // an identifier is its own in each request
			out.WriteString(strconv.FormatUint(r.Seq, 10))
		case traffic.Client:
			out.WriteString(r.Client)
		default:
			out.WriteString(part)
		}
	}
	return out.String()
}

// everybody is the client of streams that have none: the service sees one address.
const everybody = "the generator"

// choose are the decisions on the clients of a selection, whichever stream sent them: what a
// client asks below /api/ counts, and so does what the selection asks.
func (l *Log) choose(sel expr.Selector) (ids []int) {
	chosen := func(stream int16) bool { return sel.Stream == "all" || sel.Stream == l.names[stream] }
	clients := map[string]bool{}
	for i := range l.ds {
		if chosen(l.streams[i]) {
			clients[l.ds[i].Client] = true
		}
	}
	for i := range l.ds {
		if clients[l.ds[i].Client] && (chosen(l.streams[i]) || l.counts(i)) {
			ids = append(ids, i)
		}
	}
	return ids
}

// counts reports whether a decision takes room of its client's limit, whatever stream it is of.
func (l *Log) counts(id int) bool {
	return strings.HasPrefix(l.paths[l.names[l.streams[id]]], "/api/")
}
