package impact

import (
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/figure"
)

// TimeToGoodput is from the begin of the first fault to the first request from which
// on the instance answers well within the bound, while the fault lasts; rs is sorted.
func TimeToGoodput(w Window, rs []Request, bound time.Duration) (figure.Element, *figure.Absence) {
	in := Since(w.Began, rs)
	if w.Healed {
		in = in[:len(in)-len(Since(w.Lifting, in))]
	}
	if len(in) == 0 {
		return figure.Element{}, figure.Absent("no request came during the fault", "traffic in the phase with the fault")
	}
	until := w.Lifting
	if !w.Healed {
		until = in[len(in)-1].At
	}
	if at, found := regained(in, until, bound); found {
		return figure.Element{X: (at - w.Began).Seconds()}, nil
	}
	return figure.Element{X: (until - w.Began).Seconds(), Cut: true}, nil
}

// Most requests must be good, all along: goodShare of all that follow, and goodBin of
// each bin. A bin is goodWidth long, or as long as goodCount requests take: in a bin
// of fewer, a single failure would be more than a twentieth.
const (
	goodShare = 0.99
	goodBin   = 0.95
	goodWidth = 100 * time.Millisecond
	goodCount = 20
)

// regained is when the first request was due from which on, up to until, the service
// is good. Bins are laid out from the end: only the first of them is shorter.
func regained(rs []Request, until time.Duration, bound time.Duration) (at time.Duration, found bool) {
	width := max(goodWidth, goodCount*(until-rs[0].At)/time.Duration(len(rs)))
	var good, all, goodIn, allIn int
	bin := time.Duration(0)
	for _, r := range slices.Backward(rs) {
		if b := (until - r.At) / width; b != bin {
			if float64(goodIn) < goodBin*float64(allIn) {
				break
			}
			bin, goodIn, allIn = b, 0, 0
		}
		all, allIn = all+1, allIn+1
		if r.Good(bound) {
			good, goodIn = good+1, goodIn+1
		} else {
			continue
		}
		if all >= lastingCount && until-r.At >= lasting && float64(good) >= goodShare*float64(all) && float64(goodIn) >= goodBin*float64(allIn) {
			at, found = r.At, true
		}
	}
	return at, found
}
