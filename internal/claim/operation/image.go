package operation

import (
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/history"
)

// imageSize is its row.
func imageSize() Row {
	return Row{
		Signature: expr.Signature{
			Name: "image_size", Args: "()",
			Form: expr.Scalar, Dims: figure.Dims{Bytes: 1}, Label: "size of the image", Noun: "instances", Timeless: true,
		},
		Unit: "bytes",
		Doc: "Size of the image that the instances run from, the largest where they differ: all layers, unpacked, as the engine counts " +
			"them (docker image inspect). What a registry sends is less.",
		Start: func(*probe.Walk, []expr.Arg) probe.Probe { return &image{} },
	}
}

// image is the largest that was seen.
type image struct {
	probe.Blind
	size float64
	seen int
}

func (i *image) Event(e *history.Event) {
	if e.Kind == history.Image {
		i.seen++
		i.size = max(i.size, e.Value)
	}
}

func (i *image) Value() figure.Value {
	if i.seen == 0 {
		return figure.NoData("a service in a container: --stack compose, or --compose with a file of yours", "no instance ran in a container")
	}
	return figure.Value{X: i.size, Samples: i.seen}
}
