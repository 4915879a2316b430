package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/curve"
	"github.com/trektribe/bench/internal/claim/picture"
	"github.com/trektribe/bench/internal/claim/recovery"
	"github.com/trektribe/bench/internal/run/paint"
	"github.com/trektribe/bench/reports"
)

// A Judged is a saved run and what follows from it.
type Judged struct {
	Saved         *Saved
	Results       []claim.Result
	Curves        []curve.Curve
	RecoveryTimes []recovery.Times
	Pictures      []picture.Picture
	Inspection    reports.Inspection
	Warnings      []string // what could not be used
	load          *loadSeen
}

// Judge reads a saved run and decides its claims. The same folder gives the same results.
func Judge(ctx context.Context, dir string) (*Judged, error) {
	saved, err := ReadSaved(dir)
	if err != nil {
		return nil, err
	}
	tables, err := readInspection(dir)
	if err != nil {
		return nil, err
	}
	out := &Judged{Saved: saved, Warnings: saved.Warnings, Inspection: reports.Inspection{Tables: tables}, load: &loadSeen{}}
	for _, s := range saved.Scenarios {
		j, err := newJudge(s, saved.Arms, saved.Contract, tables)
		if err != nil {
			return nil, err
		}
		j.load, j.running, j.canvases = out.load, saved.Running, paint.New(s, saved.Arms)
		warnings, err := j.observeAll(ctx, dir)
		if err != nil {
			return nil, fmt.Errorf("judge %s: %w", dir, err)
		}
		out.Warnings = append(out.Warnings, warnings...)
		out.Inspection.Notes = append(out.Inspection.Notes, j.notes()...)
		out.Results = append(out.Results, j.results()...)
		out.Curves = append(out.Curves, j.curveResults()...)
		out.RecoveryTimes = append(out.RecoveryTimes, j.recoveryTimes()...)
		out.Pictures = append(out.Pictures, j.canvases.Pictures(s.Name, saved.Arms)...)
	}
	return out, nil
}

// observeAll adds all saved rounds of the scenario in a run's folder. It warns of those that do not count.
func (j *judge) observeAll(ctx context.Context, dir string) (warnings []string, err error) {
	for n := 1; ; n++ {
		round := roundDir(dir, j.scenario.Name, n)
		if _, err := os.Stat(round); errors.Is(err, fs.ErrNotExist) {
			return warnings, nil
		}
		if _, err := os.Stat(filepath.Join(round, "events.jsonl")); errors.Is(err, fs.ErrNotExist) {
			warnings = append(warnings, fmt.Sprintf("round %s was not begun and does not count", filepath.Base(round)))
			continue
		}
		whole, err := j.observe(ctx, round)
		if err != nil && ctx.Err() != nil {
			return warnings, err
		}
		if err != nil {
			warnings = append(warnings, fmt.Sprintf("round %s is damaged and does not count: %v", filepath.Base(round), err))
			continue
		}
		if !whole {
			why := ""
			if j.stopped != nil {
				why = ": " + j.stopped.Detail
			}
			warnings = append(warnings, fmt.Sprintf("round %s was cut short and does not count%s", filepath.Base(round), why))
		}
	}
}
