.DEFAULT_GOAL := help
.PHONY: bench build test race lint clean help

bench: build ## judge every claim under both policies: a minute and a half, Go alone
	@bin/bench run --report-only

build: ## build bin/bench
	@test -x bin/bench || echo "building bin/bench; the first time this fetches and compiles its libraries, which takes minutes" >&2
	@go build -o bin/bench ./cmd/bench

# One package at a time: some of them measure, and two processors are soon busy.
test: ## every test that this machine can run
	go test -p 1 ./...

race: ## the tests under the race detector
	go test -p 1 -race ./...

lint: ## gofmt and go vet
	test -z "$$(gofmt -l .)" && go vet ./...

clean: ## what make and runs left
	rm -rf bin reports/out

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-7s %s\n", $$1, $$2}' Makefile
