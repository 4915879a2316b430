package watch

import (
	"context"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/contract"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
)

const metrics = `# TYPE trips_db_queries_total counter
trips_db_queries_total 7
# TYPE cache_requests_total counter
cache_requests_total{tier="redis",kind="trips"} 3
# TYPE redis_command_seconds histogram
redis_command_seconds_bucket{le="0.001"} 2
redis_command_seconds_bucket{le="+Inf"} 4
redis_command_seconds_sum 0.5
redis_command_seconds_count 4
# TYPE go_goroutines gauge
go_goroutines 12
# TYPE redis_client_option gauge
redis_client_option{name="read_timeout_seconds"} 5
# TYPE temperature gauge
temperature 36
# TYPE go_gc_total counter
go_gc_total 12
plain_requests_total 9
plain_temperature 36
`

func TestCountersOfTheServiceAndAFewGaugesAreRead(t *testing.T) {
	got, err := parseCounters(strings.NewReader(metrics), (*contract.Contract)(nil).Metric)
	if err != nil {
		t.Fatal(err)
	}
	want := []counter{
		{`cache_requests_total{kind="trips",tier="redis"}`, 3},
		{"go_goroutines", 12},
		{"plain_requests_total", 9},
		{`redis_client_option{name="read_timeout_seconds"}`, 5},
		{"redis_command_seconds_count", 4},
		{"redis_command_seconds_sum", 0.5},
		{"trips_db_queries_total", 7},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("counters = %v, want %v", got, want)
	}
}

func TestABoundaryEndsOnePhaseAndBeginsTheNext(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/metrics" {
			w.Write([]byte("# TYPE a_total counter\na_total 5\n"))
			return
		}
		http.NotFound(w, r)
	}))
	defer srv.Close()
	var got []history.Event
	s := NewSampler(history.NewClock(), nil, func(e history.Event) { got = append(got, e) })
	defer s.Close()
	arms := []lab.Arm{{Name: "hardened", Instances: []lab.Instance{{Name: "1", URL: srv.URL}}}}
	s.Boundary(context.Background(), arms, "warm", "fault")
	if len(got) != 2 {
		t.Fatalf("%d events, want 2: %v", len(got), got)
	}
	for i, want := range []history.Event{{Phase: "warm", Detail: "end"}, {Phase: "fault", Detail: "begin"}} {
		e := got[i]
		if e.Kind != history.Counter || e.Arm != "hardened" || e.Instance != "1" || e.Name != "a_total" || e.Value != 5 || e.Phase != want.Phase || e.Detail != want.Detail {
			t.Errorf("event %d = %+v, want counter a_total 5 at the %s of %s", i, e, want.Detail, want.Phase)
		}
	}
}

// A name of the contract that the service does not have is told by that name.
func TestANameOfTheContractThatNeverComesIsTold(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte("# TYPE hits_total counter\nhits_total 5\n# TYPE sql_total gauge\nsql_total 5\n"))
	}))
	defer srv.Close()
	own, err := contract.Read("shop.yaml", []byte("name: shop\ncalls:\n  trip: 'GET /p/{id}'\n"+
		"  metrics: {call: GET /prom, names: {cache_requests_total: hits_total, trips_db_queries_total: sql_total}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	var absent []string
	s := NewSampler(history.NewClock(), own, func(e history.Event) {
		if e.Kind == history.Process && e.Name == "no metric" {
			absent = append(absent, e.Detail)
		}
	})
	defer s.Close()
	s.Boundary(t.Context(), []lab.Arm{{Name: "a", Instances: []lab.Instance{{Name: "1", URL: srv.URL}}}}, "", "warm")
	want := []string{"trips_db_queries_total: GET /prom has no counter sql_total, as the contract shop calls it"}
	if !slices.Equal(absent, want) {
		t.Errorf("absent are %q, want %q", absent, want)
	}
}

// The sampler waits once for an instance that does not answer, and again as long after an answer.
func TestWhoHangsIsGivenLessTimeUntilItAnswers(t *testing.T) {
	var hangs atomic.Bool
	hangs.Store(true)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hangs.Load() {
			<-r.Context().Done()
		}
	}))
	defer srv.Close()
	s := NewSampler(history.NewClock(), nil, func(history.Event) {})
	defer s.Close()
	boundary := func() (took time.Duration) {
		began := time.Now()
		s.Boundary(t.Context(), []lab.Arm{{Name: "a", Instances: []lab.Instance{{Name: "1", URL: srv.URL}}}}, "", "warm")
		return time.Since(began)
	}
	if d := boundary(); d < scrapeTimeout {
		t.Errorf("at first it is given up after %v, want %v", d, scrapeTimeout)
	}
	if d := boundary(); d < hurried || d > scrapeTimeout/2 {
		t.Errorf("then it is given up after %v, want %v", d, hurried)
	}
	hangs.Store(false)
	boundary()
	if d := s.timeout([2]string{"a", "1"}); d != scrapeTimeout {
		t.Errorf("once it has answered it is given %v, want %v", d, scrapeTimeout)
	}
}

func TestAServiceWithoutMetricsIsToldOnce(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"404":  http.NotFound,
		"HTML": func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("<html>hello</html>")) },
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(h)
			defer srv.Close()
			var got []history.Event
			s := NewSampler(history.NewClock(), nil, func(e history.Event) { got = append(got, e) })
			defer s.Close()
			s.Boundary(context.Background(), []lab.Arm{{Name: "a", Instances: []lab.Instance{{Name: "1", URL: srv.URL}}}}, "", "warm")
			if len(got) != 1 || got[0].Name != "no metrics" || !strings.Contains(got[0].Detail, "GET /metrics") {
				t.Errorf("events = %+v, want one that says there are no metrics", got)
			}
		})
	}
}
