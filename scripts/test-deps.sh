#!/usr/bin/env bash
# Installs what the tests need beside Go: a C compiler for the race detector, and Chromium for the
# tests of pages. Does nothing where they are there already.
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
		esac
	done
	echo "installing$packages"
	$as_root apt-get update -qq
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $packages >/dev/null
elif command -v brew >/dev/null 2>&1; then
	for m in $missing; do
		case $m in
		cc) xcode-select --install || true ;;
		chromium) brew install --cask chromium ;;
		esac
	done
else
	echo "please install:$missing (Chromium or Chrome is needed for the tests of pages, a C compiler for the race detector)" >&2
	echo "without them: CGO_ENABLED=0 go test ./... ./wecom/...   runs all other tests" >&2
	exit 1
fi
