package cache

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"time"

	"github.com/redis/go-redis/v9"
)

// A Script is a Lua program that Redis runs as one step. Make one with NewScript.
type Script struct{ source, sha string }

// NewScript is a script that was not sent yet.
func NewScript(source string) Script {
	sum := sha1.Sum([]byte(source)) // Redis's own name for it, no secret
	return Script{source, hex.EncodeToString(sum[:])}
}

// Scripts is what a part asks of Redis that runs scripts. Safe for concurrent use.
type Scripts interface {
	// Connect proves on a new connection that Redis answers, as Redis.Connect does.
	Connect(ctx context.Context) error
	// EvalSha runs the script of that hash. Where Redis does not know it the error is NoScript.
	EvalSha(ctx context.Context, sha string, keys []string, args ...any) (any, error)
	// Eval runs a script, and Redis knows its hash from then on.
	Eval(ctx context.Context, source string, keys []string, args ...any) (any, error)
}

// Run names s by its hash, and sends all of it where Redis does not know it: at
// first, and after a restart, a failover or SCRIPT FLUSH. A hash that is not known ran nothing.
func (s Script) Run(ctx context.Context, r Scripts, keys []string, args ...any) (any, error) {
	v, err := r.EvalSha(ctx, s.sha, keys, args...)
	if NoScript(err) {
		v, err = r.Eval(ctx, s.source, keys, args...)
	}
	return v, err
}

// NoScript reports whether err says that Redis does not know a script's hash.
func NoScript(err error) bool { return redis.HasErrorPrefix(err, "NOSCRIPT") }

func (c *Client) EvalSha(ctx context.Context, sha string, keys []string, args ...any) (any, error) {
	return c.current().EvalSha(ctx, sha, keys, args...).Result()
}

func (c *Client) Eval(ctx context.Context, source string, keys []string, args ...any) (any, error) {
	return c.current().Eval(ctx, source, keys, args...).Result()
}

// TimedScripts calls observe with how long each script of r took, failed or not.
func TimedScripts(r Scripts, observe func(time.Duration)) Scripts { return timedScripts{r, observe} }

type timedScripts struct {
	Scripts
	observe func(time.Duration)
}

func (t timedScripts) EvalSha(ctx context.Context, sha string, keys []string, args ...any) (any, error) {
	defer t.since(time.Now())
	return t.Scripts.EvalSha(ctx, sha, keys, args...)
}

func (t timedScripts) Eval(ctx context.Context, source string, keys []string, args ...any) (any, error) {
	defer t.since(time.Now())
	return t.Scripts.Eval(ctx, source, keys, args...)
}

func (t timedScripts) since(began time.Time) { t.observe(time.Since(began)) }
