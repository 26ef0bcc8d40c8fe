#!/usr/bin/env bash
# Resolves pyproject.toml into the pinned lists under requirements/. Versions already there are kept as long as they fit;
# `tools/lock.sh --upgrade` takes the newest.
set -euo pipefail
cd "$(dirname "$0")/.."

compile() { # OUTPUT INPUT ARGUMENT...
  local output=requirements/$1
  shift
  .venv/bin/uv pip compile "$@" --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
    --no-emit-index-url --no-emit-find-links --quiet --output-file "$output"
}

compile base.txt pyproject.toml "$@"
compile dev.txt pyproject.toml --extra dev -c requirements/base.txt "$@"
compile build.txt requirements/build.in "$@"
compile node.txt requirements/node.in "$@"
