package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/trektribe/bench/fixtures"
	"github.com/trektribe/bench/target/ai"
	"github.com/trektribe/bench/target/cache"
)

func (a *api) recommendations(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("user")
	// A call of the model costs money, and to ask the database first would cost a query for
	// each of them: users are neither made nor deleted, so the id alone says whether there is one.
	if !isUser(id) {
		refuse(w, http.StatusNotFound, "no such user")
		return
	}
	got, err := a.look(r.Context(), cache.Key{Kind: "recommendations", Name: "recommendations:" + id, TTL: a.TTLAI}, cache.Load{
		From:   func(ctx context.Context) (any, error) { return a.Model.Recommend(ctx, id) },
		New:    func() any { return new([]ai.Recommendation) },
		Source: cache.FromModel,
		Slow:   true,
	})
	if err != nil {
		a.fail(w, r, "user", err)
		return
	}
	wrap(w, `{"userId":"`+id+`","recommendations":`, got)
}

// isUser reports whether id is one of "1" to the number of users, written as the fixtures write it.
func isUser(id string) bool {
	n, err := strconv.Atoi(id)
	return err == nil && n >= 1 && n <= fixtures.UserCount && id == strconv.Itoa(n)
}
