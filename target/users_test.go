package target_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/trektribe/bench/fixtures"
	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/ai"
	"github.com/trektribe/bench/target/redistest"
)

// forEachTier starts a service under each policy, with Redis and without.
func forEachTier(t *testing.T, env map[string]string, test func(t *testing.T, s *service, tier string)) {
	for _, policy := range policies {
		for _, tier := range []string{"redis", "memory"} {
			t.Run(policy+", "+tier, func(t *testing.T) {
				vars := map[string]string{"CACHE_POLICY": policy}
				if tier == "redis" {
					vars["REDIS_URL"] = "redis://" + redistest.Start(t).Addr()
				}
				for name, v := range env {
					vars[name] = v
				}
				test(t, start(t, vars, target.Options{}), tier)
			})
		}
	}
}

func TestUsersAreCached(t *testing.T) {
	forEachTier(t, nil, func(t *testing.T, s *service, tier string) {
		for i, want := range []struct{ source, header string }{{"database", "database"}, {"cache", tier}} {
			got := s.call("GET", "/api/users/7", "")
			if got.status != 200 || got.body.Source != want.source || got.header.Get("X-Source") != want.header ||
				!reflect.DeepEqual(got.body.User, fixtures.Users(fixtures.Seed)[6]) {
				t.Errorf("answer %d: %d %s, header %s; want user 7 from %v", i, got.status, got.text, got.header.Get("X-Source"), want)
			}
		}
		if hits := s.metric("cache_requests_total", `kind="user"`, `result="hit"`); hits != 1 {
			t.Errorf("%v hits of users counted, want 1", hits)
		}
	})
}

func TestRecommendationsAreCached(t *testing.T) {
	forEachTier(t, nil, func(t *testing.T, s *service, tier string) {
		queries := s.metric("trips_db_queries_total")
		var first []ai.Recommendation
		for i, want := range []struct{ source, header string }{{"ai", "ai"}, {"cache", tier}} {
			got := s.call("GET", "/api/recommendations/7", "")
			if i == 0 {
				first = got.body.Recommendations
			}
			if got.status != 200 || got.body.Source != want.source || got.header.Get("X-Source") != want.header || got.body.UserID != "7" ||
				len(got.body.Recommendations) != ai.Picks || !reflect.DeepEqual(got.body.Recommendations, first) {
				t.Errorf("answer %d: %d %s, header %s; want %d recommendations for 7 from %v", i, got.status, got.text, got.header.Get("X-Source"), ai.Picks, want)
			}
		}
		for _, id := range []string{"0", "501", "-1", "007", "+7", "x", "7%20"} {
			if got := s.call("GET", "/api/recommendations/"+id, ""); got.status != 404 || got.body.Error != "no such user" {
				t.Errorf("user %s: %d %s, want 404 and no such user", id, got.status, got.text)
			}
		}
		if calls := s.metric("ai_calls_total"); calls != 1 {
			t.Errorf("%v calls of the model, want 1", calls)
		}
		if after := s.metric("trips_db_queries_total"); after != queries {
			t.Errorf("recommendations cost %v queries of the database", after-queries)
		}
		if got := s.metric("http_request_seconds_count", `route="/api/recommendations/{user}"`, `source="ai"`); got != 1 {
			t.Errorf("%v answers from the model counted, want 1", got)
		}
	})
}

func TestTTLsOfZeroCacheNeitherUsersNorRecommendations(t *testing.T) {
	forEachTier(t, map[string]string{"TTL_PROFILES": "0", "TTL_AI": "0"}, func(t *testing.T, s *service, _ string) {
		for range 3 {
			if got := s.call("GET", "/api/users/7", ""); got.body.Source != "database" {
				t.Errorf("user from %s, want database", got.body.Source)
			}
			if got := s.call("GET", "/api/recommendations/7", ""); got.body.Source != "ai" || got.header.Get("X-Source") != "ai" {
				t.Errorf("recommendations from %s, want ai", got.body.Source)
			}
		}
		if calls := s.metric("ai_calls_total"); calls != 3 {
			t.Errorf("%v calls of the model, want 3", calls)
		}
	})
}

// A failing model is a model that cannot be asked.
type failingModel struct{ ai.Model }

func (failingModel) Recommend(context.Context, string) ([]ai.Recommendation, error) {
	return nil, errors.New("the model's secret")
}

func TestModelIsDecorated(t *testing.T) {
	s := start(t, nil, target.Options{DecorateModel: func(m ai.Model) ai.Model { return failingModel{m} }})
	if got := s.call("GET", "/api/recommendations/7", ""); got.status != 500 || got.body.Error != "internal error" {
		t.Errorf("%d %s, want 500 without details", got.status, got.text)
	}
	if calls := s.metric("ai_calls_total"); calls != 0 {
		t.Errorf("%v calls reached the model, want none: decorators are outside of the count", calls)
	}
}
