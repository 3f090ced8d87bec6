#!/usr/bin/env bash
# Runs every fuzz test of every module for a while: scripts/fuzz.sh 20s
set -eu
for_each=${1:-20s}
cd "$(dirname "$0")/.."
grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u | while read -r dir; do
	(cd "$dir" && go test -list '^Fuzz' . | grep '^Fuzz' | while read -r name; do
		echo "== $dir $name"
		go test -run '^$' -fuzz "^$name\$" -fuzztime "$for_each" .
	done)
done
