//go:build !linux

package loop

import (
	"context"
	"errors"
)

// A Loop plays attacks; on this system there is none.
type Loop struct{}

type conn struct{}

// Open fails: the loop needs Linux.
func Open() (*Loop, error) { return nil, errors.ErrUnsupported }

func (*Loop) Run(context.Context, []*Attack) {}

func (*Loop) Close() {}
