# make run    start a server with demo data on http://127.0.0.1:8080
# make test   everything that must pass before a change is taken
.DEFAULT_GOAL := help
.PHONY: help run build loadtest impair test lint test-go test-web test-browser fuzz bench scenarios clean redis browsers

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

web_sources := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -path web/test-results -prune -o -type f -print)
go_sources := $(shell find cmd sfu signaling rooms web/embed.go -name '*.go' -o -name '*.lua' -o -name '*.html') go.mod go.sum

# Not npm ci: it refuses where a registry lacks the builds of a tool for other platforms. The versions are those of the lock file all the same.
web/node_modules/.stamp: web/package-lock.json web/package.json
	cd web && PUPPETEER_SKIP_DOWNLOAD=1 npm install --no-save --no-audit --no-fund
	touch $@

web/dist/index.html: web/node_modules/.stamp $(web_sources)
	cd web && npm run build
	touch $@

bin/diemcau: web/dist/index.html $(go_sources)
	go build -o $@ ./cmd/diemcau

redis:
	@deploy/packages.sh redis-server=redis-server

browsers:
	@deploy/packages.sh chromium=chromium firefox-esr=firefox-esr ffmpeg=ffmpeg

build: bin/diemcau ## build bin/diemcau with the web client in it

bin/loadtest: $(go_sources)
	go build -o $@ ./cmd/loadtest

bin/impair: $(go_sources)
	go build -o $@ ./cmd/impair

impair: bin/impair ## build bin/impair, which puts a bad link before a running server

loadtest: bin/loadtest ## build bin/loadtest, which puts a running server under load

run: redis bin/diemcau ## start a server with demo data and print ready links
	./bin/diemcau serve --demo --print-links

lint: web/dist/index.html ## formatting and static checks
	@unformatted=$$(gofmt -l cmd sfu signaling rooms web/*.go); test -z "$$unformatted" || { echo "gofmt would change: $$unformatted"; exit 1; }
	go vet ./...
	GOOS=darwin go vet ./sfu/transport ./sfu/transport/udp ./sfu/transport/tcp
	go tool staticcheck ./...
	cd web && npm run check

# Package and name of each, with a colon between.
fuzz_targets := $(shell grep -roE '^func Fuzz[A-Za-z]+' sfu/transport sfu/codec sfu/relay | sed -E 's|/[^/]+:func |:|')

# What needs media in time: where others use up the machine it finds that as thin as the links that it is to measure.
timely := ./sfu ./sfu/transport

# Lint vets. Tests wait much, so three packages at a time. What fuzzing has found is among the tests.
test-go: redis web/dist/index.html
	go test -race -vet=off -p 3 $$(go list ./... | grep -vxE "$$(go list $(timely) | paste -sd'|')")
	go test -race -vet=off -p 2 $(timely)

# Not a part of test: fuzzing compiles everything a third time. To run one target: go test -run '^$' -fuzz '^FuzzOffer$' ./sfu/transport
# Counts, not times: at the end of a time Go 1.26 may report "context deadline exceeded" although nothing failed (golang/go#75804).
fuzz: ## new inputs for all that reads packets and descriptions, about a minute for each
	for f in $(fuzz_targets); do \
		case $$f in sfu/codec:*) inputs=5000000x;; sfu/relay:*) inputs=1000000x;; *) inputs=300000x;; esac; \
		go test -run '^$$' -fuzz "^$${f#*:}\$$" -fuzztime $$inputs -fuzzminimizetime 1x "./$${f%:*}" || exit 1; \
	done

test-web: web/node_modules/.stamp
	cd web && npm test

test-browser: redis browsers bin/diemcau bin/impair
	cd web && npm run e2e

test: redis browsers lint test-go test-web test-browser ## everything: static checks, Go, web and browser tests

bench: redis browsers bin/diemcau ## Go benchmarks, and the time from the click to the first remote frame
	go test -run '^$$' -bench . -benchmem ./...
	cd web && npm run bench

scenarios: ## draw what the bandwidth estimator makes of thin, lossy and shared links, into web/test-results/scenarios
	go run ./sfu/sfutest/scenario -out web/test-results/scenarios

clean: ## remove what was built
	rm -rf bin web/dist web/node_modules web/test-results
