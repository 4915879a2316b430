package lab

import (
	"context"

	"github.com/trektribe/bench/internal/fault"
)

// AnyProxy is a proxy on a path.
type AnyProxy = anyProxy

// A misled proxy does something else than it is told.
type misled struct {
	anyProxy
	do func(ctx context.Context, f fault.Fault) error
}

func (m misled) Apply(ctx context.Context, f fault.Fault) error { return m.do(ctx, f) }

// Mislead has do take the place of the first instance's proxy wherever a fault is done to it, or lifted (f is zero
// then). mine is that proxy, other the second instance's.
func (l *Lab) Mislead(do func(ctx context.Context, mine, other AnyProxy, f fault.Fault) error) {
	paths := l.paths()
	mine, other := paths[0].proxy, paths[1].proxy
	paths[0].proxy = misled{mine, func(ctx context.Context, f fault.Fault) error { return do(ctx, mine, other, f) }}
}
