# The commands of this repository. "make" alone lists them.

MODULES     := . wecom wecom/redisstore
PACKAGES    := ./... ./wecom/... ./wecom/redisstore/...
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME    ?= 20s
SEED        ?= 0

.DEFAULT_GOAL := help
.PHONY: help dev test deps check fmt generate unit bench faults fuzz screenshots

help: ## list these commands
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

dev: ## a WeCom on this machine, three sample messages, an inbox to look at
	go run ./cmd/hongyan dev

test: deps check unit ## install what the tests need, then check and test everything

deps: ## install what the tests need: a C compiler (for the race detector), Chromium, Redis
	@scripts/test-deps.sh

check: ## gofmt, vet, staticcheck, tidy go.mod files
	@test -z "$$(gofmt -l $(MODULES))" || { echo "gofmt wants to change:"; gofmt -l $(MODULES); exit 1; }
	go vet $(PACKAGES)
	@for m in $(MODULES); do (cd $$m && GOWORK=off go vet ./... && go mod tidy -diff) || exit 1; done
	go run $(STATICCHECK) $(PACKAGES)

unit: ## all tests of all modules, with the race detector and in random order
	go test -race -shuffle=on $(PACKAGES)
	@scripts/oldest-go.sh

fmt: ## format the code
	gofmt -w $(MODULES)

generate: ## make generated files anew
	go generate $(PACKAGES)

bench: ## the figures of docs/benchmarks.md
	go test ./bench -run '^$$' -bench . -benchtime 20000x
	go run ./bench/sdk
	go run ./bench/gateway

faults: ## the gateway killed 200 times under load, full disks, broken connections (SEED=n repeats a run)
	go test ./internal/faults -count=1 -v -timeout 60m -kills 200 -waiting 100000 -seed $(SEED)

fuzz: ## every fuzz test for FUZZTIME (default 20s)
	@scripts/fuzz.sh $(FUZZTIME)

screenshots: ## the pictures of the README
	go test ./internal/browsertest -run 'TestInbox|TestEveryKind' -count=1 -screenshots $(CURDIR)/docs/images
