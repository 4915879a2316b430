package mutant

import (
	"context"
	"log/slog"
	"os"

	"github.com/trektribe/bench/target"
)

// logged are the mutants of the log.
var logged = map[string]Mutant{
	"logs-silent": {
		About:  "nothing is logged of what goes wrong",
		Breaks: []string{"ops.logs"},
		mutate: func(o *target.Options) {
			o.DecorateLog = func(h slog.Handler) slog.Handler { return logs{h, below(slog.LevelWarn)} }
		},
	},
	"logs-as-info": {
		About:  "what goes wrong is logged as information",
		Breaks: []string{"ops.logs"},
		mutate: func(o *target.Options) {
			o.DecorateLog = func(h slog.Handler) slog.Handler {
				return logs{h, func(r *slog.Record) bool {
					r.Level = min(r.Level, slog.LevelInfo)
					return true
				}}
			}
		},
	},
	"logs-password": {
		About:  "each line about Redis has its URL, with the password",
		Breaks: []string{"ops.logs.secret"},
		mutate: func(o *target.Options) {
			o.DecorateLog = func(h slog.Handler) slog.Handler {
				return logs{h, func(r *slog.Record) bool {
					r.AddAttrs(slog.String("redis", os.Getenv("REDIS_URL")))
					return true
				}}
			}
		},
	},
}

// logs hands on what it is told to, after a look at it.
type logs struct {
	slog.Handler
	look func(*slog.Record) (keep bool)
}

func (l logs) Handle(ctx context.Context, r slog.Record) error {
	r = r.Clone()
	if !l.look(&r) {
		return nil
	}
	return l.Handler.Handle(ctx, r)
}

func (l logs) WithAttrs(attrs []slog.Attr) slog.Handler {
	return logs{l.Handler.WithAttrs(attrs), l.look}
}
func (l logs) WithGroup(name string) slog.Handler { return logs{l.Handler.WithGroup(name), l.look} }

func below(level slog.Level) func(*slog.Record) bool {
	return func(r *slog.Record) bool { return r.Level < level }
}
