#!/bin/sh
# Lints what people write here: Go by .golangci.yml, Go again as the terminals' compilers see it, and the scripts.
set -eu

go=${GO:-go}
linter=$(scripts/tool.sh golangci-lint)
"$linter" run ./...

# int has 32 bits on most terminals, and files for Android are not seen above. -trimpath shares the cache with make dist.
for platform in linux/arm android/arm64; do
	GOOS=${platform%/*} GOARCH=${platform#*/} GOARM=7 CGO_ENABLED=0 "$go" vet -trimpath ./...
done

if command -v shellcheck >/dev/null 2>&1; then
	shellcheck scripts/*.sh .ci/run android/adb/poshealth-adb android/adb/terminal.sh android/testdata/adb android/testdata/applet
else
	echo 'lint: no shellcheck here: the scripts are not checked' >&2
fi
