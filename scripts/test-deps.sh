#!/usr/bin/env bash
# Installs what the tests need beside Go: a C compiler for the race detector, Chromium for the tests
# of pages, and redis-server for those of the shared token store. Does nothing where they are there
# already.
set -eu

have_cc() { command -v "${CC:-cc}" >/dev/null 2>&1 || command -v gcc >/dev/null 2>&1 || command -v clang >/dev/null 2>&1; }
have_browser() {
	for name in chromium chromium-browser google-chrome google-chrome-stable; do
		command -v "$name" >/dev/null 2>&1 && return 0
	done
	[ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ] || [ -x "/Applications/Chromium.app/Contents/MacOS/Chromium" ]
}

missing=""
have_cc || missing="$missing cc"
have_browser || missing="$missing chromium"
command -v redis-server >/dev/null 2>&1 || missing="$missing redis-server"
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null 2>&1 && as_root="sudo"
fi

if command -v apt-get >/dev/null 2>&1; then
	packages=""
	for m in $missing; do
		case $m in
		cc) packages="$packages gcc libc6-dev" ;;
		chromium) packages="$packages chromium" ;;
		redis-server) packages="$packages redis-server" ;;
		esac
	done
	echo "installing$packages"
	$as_root apt-get update -qq
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $packages >/dev/null
	case $packages in
	# The tests start their own; the one that the package starts is not needed.
	*redis-server*) $as_root service redis-server stop >/dev/null 2>&1 || true ;;
	esac
elif command -v brew >/dev/null 2>&1; then
	for m in $missing; do
		case $m in
		cc) xcode-select --install || true ;;
		chromium) brew install --cask chromium ;;
		redis-server) brew install redis ;;
		esac
	done
else
	echo "please install:$missing (Chromium or Chrome is needed for the tests of pages, a C compiler for the race detector, redis-server for the shared token store)" >&2
	echo "without them: CGO_ENABLED=0 go test ./... ./wecom/...   runs all other tests" >&2
	exit 1
fi
