package api

import (
	"context"
	"net/http"

	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/store"
)

func (a *api) user(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	got, err := a.look(r.Context(), cache.Key{Kind: "user", Name: "user:" + id, TTL: a.TTLProfiles}, cache.Load{
		From: func(ctx context.Context) (any, error) { return a.Store.User(ctx, id) },
		New:  func() any { return new(store.User) },
	})
	if err != nil {
		a.fail(w, r, "user", err)
		return
	}
	wrap(w, `{"user":`, got)
}
