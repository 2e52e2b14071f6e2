# Builds, tests and ships poshealth. "make" alone lists what there is; .ci/run runs these same targets.
#
# The Makefile holds the list and the flags, scripts/ holds what takes more than a line.

GO ?= go
FUZZTIME ?= 30s
RATE_FOR ?= 1m

# The product's name for itself. Without git or a commit (an unpacked archive) it is "dev".
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
# Unix seconds of the commit, never of the build: two builds of one commit are the same bytes. The agent takes it as the
# earliest time that can be true.
BUILD_TIME = $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null),0)
LDFLAGS = -s -w -X main.version=$(VERSION) -X main.buildTime=$(BUILD_TIME)
BUILD = CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)'
# What keeps the terminal's program small (docs/explanation/decisions.md): no HTTP/2, which nobody speaks to it, and no
# inlining, which trades bytes of flash and memory for speed that it has no use for.
SLIM = -tags=nethttpomithttp2 -gcflags=all=-l
RELEASE = SLIM='$(SLIM)' GO='$(GO)' VERSION='$(VERSION)' BUILD_TIME='$(BUILD_TIME)' LDFLAGS='$(LDFLAGS)'

# A peer that could not be installed without disturbing the machine is unpacked here (scripts/peers.sh).
export PATH := $(CURDIR)/.tools/peers/usr/sbin:$(CURDIR)/.tools/peers/usr/bin:$(PATH)

MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help go programs build demo test race fuzz lint android-check shots fmt vuln docs dist size rss rate qemu lab loss soak wolf lab-arm reproducible check clean

##@ Start here

demo: go ## a broker, an agent on this machine and a few ailing terminals: watch the story, stop it with Ctrl-C
	@$(BUILD) -o bin/poshealth-fleet ./cmd/poshealth-fleet
	@exec bin/poshealth-fleet demo

test: go ## everything: go vet, every test, -race where it exists, against real peers (installed by apt as root)
	@scripts/peers.sh test
	@GO='$(GO)' scripts/test.sh

help: ## this list
	@scripts/help.sh $(firstword $(MAKEFILE_LIST))

##@ While writing

build: go ## both programs for this machine, into bin/
	@mkdir -p bin
	$(BUILD) -o bin/ ./cmd/...

race: test ## the same as test, which races already

fuzz: go ## every fuzz target in turn, FUZZTIME=30s each; FUZZ=regexp picks some
	@GO='$(GO)' FUZZTIME='$(FUZZTIME)' scripts/fuzz.sh

shots: go ## pictures of the page in every state, light and dark, into dist/shots
	@scripts/peers.sh test
	@$(GO) test ./agent/status -run TestPageInEveryState -count=1 -shots '$(CURDIR)/dist/shots'

fmt: go ## gofumpt and the order of imports
	@linter=$$(scripts/tool.sh golangci-lint) && "$$linter" fmt ./...

lint: go ## the linters of .golangci.yml, vet for the terminals' platforms, shellcheck for the scripts
	@scripts/peers.sh lint
	@GO='$(GO)' scripts/lint.sh

android-check: go ## the Android app where there is no SDK: javac, aapt, and what it decides against the real agent; make test has it too
	@scripts/peers.sh android
	@GO='$(GO)' scripts/android.sh

vuln: go ## known vulnerabilities in what is linked; asks vuln.go.dev, so it needs the internet
	@vuln=$$(scripts/tool.sh govulncheck) && "$$vuln" ./...

docs: go ## rewrite what is generated from the code; tests fail when it is stale
	$(GO) generate ./...

##@ To ship

dist: go ## static, stripped, reproducible programs for every platform and the kits for terminals, into dist/, with SHA256SUMS
	@$(RELEASE) scripts/dist.sh dist

size: programs ## how big the programs are; fails when the terminal's outgrows its budget
	@scripts/size.sh dist

rate: programs ## tell the agent 20 events a second, as much as a payment app may: what a reply takes, and whether the agent grows; RATE_FOR=1m
	@POSHEALTH_BINARY='$(CURDIR)/dist/poshealth-linux-$(shell $(GO) env GOARCH)' RATE_FOR='$(RATE_FOR)' \
		$(GO) test ./cmd/poshealth -run '^$$' -bench TwentyASecond -benchtime 1x -timeout 30m

rss: programs ## how much memory the running agent takes; fails when it outgrows its budget
	@GO='$(GO)' scripts/rss.sh dist

qemu: programs ## run the ARM programs of dist/ on an emulated processor
	@scripts/peers.sh qemu
	@GO='$(GO)' VERSION='$(VERSION)' scripts/qemu.sh dist

lab: go ## break the way between a terminal and its payment hosts in every way: root, Debian; LAB='-run loss -v' picks
	@scripts/peers.sh path
	@$(GO) run ./lab/path $(LAB)

loss: go ## kill agent and broker and break the line between them while changes are told: nothing is lost, nothing told twice
	@scripts/peers.sh path
	@$(GO) run ./lab/soak

soak: go ## two hours more: a hundred kills among sales, 10,000 changes through 200 blows, 30 power cuts, the lab healthy, slow, lossy and roaming, a day's data
	@scripts/peers.sh path lab
	@scripts/armhf.sh
	@$(GO) test ./cmd/poshealth -run SalesOutliveKills -kills 100 -count 1 -v
	@$(GO) run ./lab/soak -changes 10000 -blows 200
	@$(GO) run ./lab/path -parts calm,broker,day -calm 10m
	@$(GO) run ./lab/arm -only cuts -cuts 30

wolf: go ## a week of 100 healthy shops, with all that happens in healthy shops: nobody is told of a fault; a quarter of an hour and more
	@GOGC=400 $(GO) test ./agent -run TestNoCryingWolf -shops 100 -days 7 -count=1 -timeout 90m -v

lab-arm: programs ## a day of an emulated ARM terminal: memory, clock, reboot, the system call filter of apps, power cuts; Debian
	@scripts/peers.sh lab
	@scripts/armhf.sh
	@$(GO) run ./lab/arm

reproducible: go ## build twice, in two folders, with and without a build cache, and compare every byte
	@$(RELEASE) scripts/reproducible.sh

check: ## what CI runs, in its order
	@.ci/run

clean: ## remove bin/ and dist/; the linter in .tools/ stays, it takes minutes to build
	rm -rf bin dist

programs: go
	@$(RELEASE) QUIET=yes scripts/dist.sh dist

go:
	@command -v '$(GO)' >/dev/null || { echo 'make: no "$(GO)" in PATH: install Go 1.26.3 or newer from https://go.dev/dl/' >&2; exit 1; }
