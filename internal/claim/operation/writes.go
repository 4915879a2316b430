package operation

import (
	"errors"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/history"
)

// keeps are the words that these measures know: how Redis is to keep what it acknowledges.
var keeps = []string{"always", "everysec", "no", volume}

const volume = "volume"

// aboutWrites is what both measures say of their figure.
const aboutWrites = " Bench itself writes to Redis every 10 ms in segments with the fault crashed or powerlost, and looks in the end for each " +
	"write that was acknowledged. The argument is when Redis syncs its append-only file: always, everysec or no; or volume: as its compose " +
	"file has it, in segments with the fault recreated."

func knownKeeping(args []expr.Arg) error {
	if !slices.Contains(keeps, args[0].Name) {
		return errors.New(figure.Unknown("setting", args[0].Name, keeps))
	}
	return nil
}

// lostWrites is its row.
func lostWrites() Row {
	return Row{
		Signature: expr.Signature{
			Name: "lost_writes", Args: "(fsync)", Params: []expr.Param{expr.Word}, Check: knownKeeping,
			Form: expr.Counted, Label: "lost writes", Noun: "writes", Timeless: true,
		},
		Unit:  "count",
		Doc:   "Number of writes that Redis had acknowledged and does not have after it was started again." + aboutWrites,
		Start: func(_ *probe.Walk, args []expr.Arg) probe.Probe { return &writes{fsync: args[0].Name} },
	}
}

// writeLoss is its row.
func writeLoss() Row {
	return Row{
		Signature: expr.Signature{
			Name: "write_loss", Args: "(fsync)", Params: []expr.Param{expr.Word}, Check: knownKeeping,
			Form: expr.Proved, Dims: figure.Seconds, Label: "loss", Noun: "writes", Timeless: true,
		},
		Unit:  "duration",
		Doc:   "How long before the crash the oldest lost write was acknowledged; zero where none is lost." + aboutWrites,
		Start: func(_ *probe.Walk, args []expr.Arg) probe.Probe { return &writes{fsync: args[0].Name, span: true} },
	}
}

// writes is what became of bench's own.
type writes struct {
	probe.Blind
	fsync   string
	span    bool
	written int
	lost    []time.Duration // when each was acknowledged
	crashes []time.Duration
}

func (w *writes) Event(e *history.Event) {
	switch {
	case e.Kind == history.FaultOn && slices.Contains([]string{"crashed", "powerlost", "recreated"}, e.Name):
		w.crashes = append(w.crashes, e.Until) // by then it was dead: until then it acknowledged
	case e.Name != w.fsync:
	case e.Kind == history.Written:
		w.written++
	case e.Kind == history.Missing:
		w.lost = append(w.lost, e.At)
	}
}

func (w *writes) Value() figure.Value {
	if w.written == 0 && w.fsync == volume {
		return figure.NoData("a compose file (--stack compose, or --compose), and a phase with recreated", "nothing was written to a redis whose container was made again")
	}
	if w.written == 0 {
		return figure.NoData("a phase with crashed or powerlost and fsync: "+w.fsync, "nothing was written to a redis that syncs %s", w.fsync)
	}
	v := figure.Value{Samples: w.written, Grain: 1, X: float64(len(w.lost))}
	if !w.span {
		return v
	}
	v.X, v.Grain = 0, 0
	slices.Sort(w.crashes)
	for _, at := range w.lost {
		for _, crash := range w.crashes {
			if crash >= at {
				v.X = max(v.X, (crash - at).Seconds())
				break
			}
		}
	}
	return v
}
