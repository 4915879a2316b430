.DEFAULT_GOAL := help
.PHONY: bench build images test modules containers long verdicts selfcheck soak race lint clean help

bench: build ## judge the usual claims under both policies: two minutes, Go alone
	@bin/bench run --report-only

# With GOGC=400 the compiler collects its garbage less often, and its output is the same: libc and sqlite took a sixth less
# of the processor, go-redis 2 %, and its compiler 1.9 GB for 1.1.
build: ## build bin/bench
	@test -x bin/bench || echo "building bin/bench; the first time this fetches and compiles its libraries, which takes minutes" >&2
	@GOGC=400 go build -o bin/bench ./cmd/bench

# REDIS_IMAGE=redis:7-alpine takes Redis from a public image.
images: ## the images of the stack, without a registry: docs/stack.md
	images/build

# cmd/bench measures, so it has the machine to itself. Others mostly wait, and internal/lab the longest: it begins first.
test: ## the tests that this machine can run: five minutes
	go test -p 1 -parallel 4 -short ./cmd/bench
	go test -p 3 -parallel 4 -short ./internal/lab $$(go list ./... | grep -v /cmd/bench$$)

modules: ## the tests of the modules of their own: two minutes, mostly to compile
	cd target/store/ferrettest && go test -timeout 5m ./... # the MongoDB store over the wire
	cd images/prometheus/alertstest && go test -timeout 5m ./... # the alerts, offline; and by promtool where it is
	cd internal/load/peers && go vet ./... # what make bench-peers runs
	cd internal/lab/stacktest && go test -timeout 5m ./... # what somebody else has started in containers

containers: ## the tests with containers that make test leaves out: a minute
	go test -count=1 -run 'AComposeFileIsALab|NothingOfAStack' ./internal/lab

# -short leaves out repetitions and rare cases: 100,000 commands through a fault, each kind's prediction.
long: ## the same tests in full: a quarter of an hour
	go test -p 1 -parallel 4 -timeout 60m -skip TheLibraryDecides ./...

# 3 is undecided: a busy machine is no defect, and what it left open is printed. The mutants of counts are left to
# selfcheck: on a busy machine limit.distributed and sessions.restart do not tell all of theirs from the intact service.
verdicts: build ## the verdicts on the usual claims, and the least self-check: a quarter of an hour
	go test -count=1 -timeout 25m -parallel 4 -run 'TheLibraryDecides|OtherPaths|OddServices|PartialServices|Strangers|PublicServices' ./cmd/bench
	bin/bench selfcheck --least cache fallback || test $$? -eq 3

selfcheck: build ## the verdicts on the whole library, and every mutant: half an hour
	BENCH_VERDICTS=all go test -count=1 -timeout 30m -run TheLibraryDecides ./cmd/bench
	bin/bench selfcheck

# BENCH_SOAK is how often, BENCH_HALTS how often a drill is halted in each of the four ways; BENCH_SOAK_SEED repeats one.
soak: ## hit bench at 200 random moments and halt 52 drills, and look what is left: 45 minutes
	BENCH_SOAK=$${BENCH_SOAK:-200} go test -count=1 -v -timeout 6h -run HitAtAnyMoment ./cmd/bench
	BENCH_HALTS=$${BENCH_HALTS:-13} go test -count=1 -v -timeout 1h -run DrillThatIsHalted ./cmd/bench

bench-peers: ## this generator beside others, each on the same server: two minutes, a table
	cd internal/load/peers && go run . $(PLAYS)

race: ## the tests under the race detector
	# Else the detector holds up every process for a second at its end.
	GORACE=atexit_sleep_ms=0 go test -p 1 -short -race ./...

lint: ## gofmt, go vet, and the workflows of CI
	test -z "$$(gofmt -l .)" && go vet ./...
	bash -n .ci/run .ci/nightly images/build
	go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

clean: ## what make and runs left
	rm -rf bin reports/out

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s  %s\n", $$1, $$2}' Makefile
